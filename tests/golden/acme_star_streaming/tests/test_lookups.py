"""The tables that streams join are copied to the lake."""

from __future__ import annotations

import pyarrow as pa
import pytest
from deltalake import DeltaTable

from ingest.errors import IngestError
from ingest.reader import Reader
from ingest.spec import read_source
from sample import SampleReader
from stream.lookups import folder
from stream.lookups.__main__ import main, read, replace, wanted


@pytest.fixture(autouse=True)
def lakes(tmp_path, monkeypatch):
    """Lakes of their own, and sources without an address."""
    for lookup in wanted():
        monkeypatch.setenv(f"{lookup.events.upper()}_LAKE", str(tmp_path / lookup.events))
        monkeypatch.delenv(read_source(lookup.source).variable, raising=False)
    return tmp_path


def held(lookup) -> pa.Table:
    """What the lake has."""
    path = folder(lookup.events, lookup.source, lookup.table)
    return pa.table(DeltaTable(path).to_pyarrow_table())


def test_each_table_has_its_keys_and_the_requested_columns():
    assert main([]) == 0
    for lookup in wanted():
        rows = held(lookup)
        assert {*rows.column_names} == lookup.columns
        for key in lookup.keys:
            values = rows[key].drop_null().to_pylist()
            assert values
            assert len(values) == len({*values})


def test_unchanged_rows_are_not_written_again(capsys):
    assert main([]) == 0
    capsys.readouterr()
    assert main([]) == 0
    assert capsys.readouterr().out.count(" rows, unchanged in ") == len(wanted())


def test_changed_rows_replace_the_old_ones(tmp_path):
    path = str(tmp_path / "users")
    for rows in ({"id": [1, 2], "plan": ["a", "b"]}, {"id": [2], "plan": ["c"], "since": [2020]}):
        assert replace(path, pa.table(rows)) == "written to"
    assert DeltaTable(path).to_pyarrow_table() == pa.table(rows)


class Twice(SampleReader):
    """A source whose rows are all there twice."""

    def batches(self, table, columns, window):
        """The rows, and once more."""
        for _ in range(2):
            yield from super().batches(table, columns, window)


class Without(SampleReader):
    """A source that has lost its columns."""

    def columns(self, table):
        """None is left."""
        return {}


@pytest.mark.parametrize(
    ("broken", "said"), [(Twice, "count several times"), (Without, "has no column")]
)
def test_rows_that_would_make_aggregates_wrong_are_refused(broken: type[Reader], said: str):
    lookup = wanted()[0]
    source = read_source(lookup.source)
    table = next(table for table in source.tables if table.name == lookup.table)
    with broken(source) as reader, pytest.raises(IngestError, match=said):
        read(reader, table, lookup)
