"""Every line of a file becomes a row in the types of the spec, or a reject with a reason."""

from datetime import datetime
from decimal import Decimal

import duckdb
import pytest

from ingest.errors import IngestError
from ingest.read_files import Reader

FIRST = (1, "new", Decimal("10.25"), datetime(2026, 1, 1, 12))
SECOND = (2, "paid", Decimal("20.00"), datetime(2026, 1, 2, 12))
UNDATED = (3, None, None, None)


@pytest.fixture
def folder(tmp_path):
    """Two CSV files and a Parquet file, with the same three orders."""
    (tmp_path / "orders").mkdir()
    (tmp_path / "orders" / "a.csv").write_text(
        "order_id,status,amount,updated_at\n1,new,10.25,2026-01-01 12:00:00\n3,,,\n"
    )
    (tmp_path / "orders" / "b.csv").write_text(
        "updated_at,amount,status,order_id\n2026-01-02T12:00:00,20,paid,2\n"
    )
    duckdb.sql(f"from '{tmp_path}/orders/*.csv'").write_parquet(f"{tmp_path}/orders.parquet")
    return tmp_path


@pytest.fixture(params=["orders/*.csv", "orders.parquet"])
def source(request, source_of):
    return source_of({"origin": request.param}, kind="files")


def test_each_value_is_read_as_the_spec_says(folder, source, rows_of):
    with Reader(source, str(folder)) as reader:
        assert rows_of(reader, source.tables[0]) == [FIRST, SECOND, UNDATED]


def test_a_window_includes_its_start_but_not_its_end(folder, source, rows_of):
    with Reader(source, str(folder)) as reader:
        assert rows_of(reader, source.tables[0], FIRST[-1], SECOND[-1]) == [FIRST]


def test_a_window_without_an_end_includes_rows_without_a_cursor(folder, source, rows_of):
    with Reader(source, str(folder)) as reader:
        assert rows_of(reader, source.tables[0], SECOND[-1]) == [SECOND, UNDATED]


def test_a_survey_counts_all_rows_but_ignores_cursors_in_the_future(folder, source):
    orders = source.tables[0]
    with Reader(source, str(folder)) as reader:
        survey = reader.survey(orders, orders.cursor, datetime(2026, 1, 2))
    assert (survey.rows, survey.newest) == (3, FIRST[-1])


def test_a_new_column_is_seen(folder, source_of):
    source = source_of({"origin": "orders/*.csv"}, kind="files")
    (folder / "orders" / "c.csv").write_text("order_id,channel\n5,web\n")
    with Reader(source, str(folder)) as reader:
        assert "channel" in reader.columns(source.tables[0])


def test_a_table_without_a_file_does_not_exist(folder, source_of):
    source = source_of({"origin": "gone/*.csv"}, kind="files")
    with Reader(source, str(folder)) as reader:
        assert reader.columns(source.tables[0]) is None


def test_a_line_that_does_not_fit_is_refused_or_kept_as_a_reject(folder, source_of, rows_of):
    with (folder / "orders" / "a.csv").open("a") as file:
        file.write("4,odd,a lot,\n")
    table = {"origin": "orders/*.csv"}
    strict = source_of(table, kind="files")
    with Reader(strict, str(folder)) as reader, pytest.raises(IngestError, match="a lot"):
        rows_of(reader, strict.tables[0])
    patient = source_of({**table, "format": {"max_rejects": 1}}, kind="files")
    with Reader(patient, str(folder)) as reader:
        assert rows_of(reader, patient.tables[0]) == [FIRST, SECOND, UNDATED]
        assert [(reject.file, reject.line) for reject in reader.rejects] == [("orders/a.csv", 4)]
