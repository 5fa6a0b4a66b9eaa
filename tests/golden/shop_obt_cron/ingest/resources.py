"""The tables of a source as dlt resources."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import dlt
import pyarrow as pa
from dlt.extract import DltResource

from ingest.column_types import arrow_schema, dlt_columns
from ingest.cursor import greater, newest, present
from ingest.errors import IngestError
from ingest.options import Loaded, Options
from ingest.planning import Load, note
from ingest.reader import Reader, ahead
from ingest.renamed_tables import origins
from ingest.spec import keys_table


@dataclass(frozen=True)
class Reading:
    """What the resources of one load share; `fail` notes a table that cannot be read."""

    variable: str
    reader: Reader
    options: Options
    now: datetime
    outcome: Loaded
    fail: Callable[[str, Exception], None]


def rows_of(one: Load, reading: Reading) -> DltResource:
    """The rows of a table, or of its window, and the memory of them for the next load."""
    table, columns, cursor = one.table, one.live.columns, one.table.cursor
    limit = present(reading.now, cursor.type) if cursor else None

    def read() -> Iterator[pa.Table]:
        # Without rows, too, the table gets all its columns.
        yield arrow_schema(columns).empty_table()
        number, without, latest = 0, 0, one.seen
        try:
            for batch in ahead(reading.reader.batches(table, columns, one.window)):
                number += batch.num_rows
                if one.remembers and cursor:
                    # A window has all rows without a cursor value, as the whole table has.
                    without += batch.column(cursor.name).null_count
                    latest = greater(latest, newest(batch.column(cursor.name), limit))
                yield pa.Table.from_batches([batch])
            if not number and one.disposition == "replace" and one.before.rows:
                _refuse_empty(reading.options)
        except Exception as error:
            # The others are read on, to see which of them fail too: then all begin again.
            reading.fail(table.name, error)
            return
        reading.outcome.rows[table.name] = number
        memory = dlt.current.resource_state()
        if one.remembers:
            memory.update(note(one, latest, without, reading.reader))
        elif not cursor:
            memory.clear()
        memory.update(origins(table, columns))
        dlt.current.source_state()["variable"] = reading.variable

    return dlt.resource(
        read, name=table.name, columns=_hints(one), write_disposition=one.disposition
    )


def keys_of(one: Load, reading: Reading) -> DltResource:
    """All keys that are at the source now: staging marks the rows whose key is not among them."""
    table, columns = one.table, one.table.key_columns

    def read() -> Iterator[pa.Table]:
        yield arrow_schema(columns).empty_table()
        number = 0
        try:
            for batch in ahead(reading.reader.batches(table, columns, None)):
                number += batch.num_rows
                yield pa.Table.from_batches([batch])
            if not number and one.keys_before.rows:
                _refuse_empty(reading.options)
        except Exception as error:
            if table.name not in reading.outcome.failed:
                reading.fail(table.name, error)

    name = keys_table(table.name)
    return dlt.resource(read, name=name, columns=dlt_columns(columns), write_disposition="replace")


def _hints(one: Load) -> dict[str, dict[str, object]]:
    hints = dlt_columns(one.live.columns)
    if not one.table.cursor:
        return hints
    for name in one.table.key:
        # A column that joins a landed table is empty there until the rows have been merged.
        joins = bool(one.before.columns) and name not in one.before.columns
        hints[name] |= {"primary_key": True, "nullable": joins}
    for name in one.former_key:
        hints[name]["merge_key"] = True
    # Of two rows with one key the one with the newer cursor stays.
    hints[one.table.cursor.name]["dedup_sort"] = "desc"
    return hints


def _refuse_empty(options: Options) -> None:
    if not options.accept_empty:
        raise IngestError(
            "the source has no rows of it at the moment, so the loaded ones are kept. Check the "
            "source, or accept that the table is empty",
            flags="--accept-empty",
        )
