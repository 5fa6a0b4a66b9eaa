"""The tables of a source as dlt resources."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import dlt
import pyarrow as pa
from dlt.extract import DltResource

from ingest.column_types import arrow_schema, dlt_columns
from ingest.cursor import as_cursor, greater, newest
from ingest.errors import IngestError
from ingest.options import Loaded, Options
from ingest.planning import Load, next_state
from ingest.reader import Reader, ahead
from ingest.renamed_tables import origins
from ingest.spec import keys_table


@dataclass(frozen=True)
class Reading:
    """The context that the resources of a load share; `fail` records a table that failed."""

    variable: str
    reader: Reader
    options: Options
    now: datetime
    outcome: Loaded
    fail: Callable[[str, Exception], None]


def rows_of(load: Load, reading: Reading) -> DltResource:
    """The rows of a table, or of its window; stores the state for the next load."""
    table, columns, cursor = load.table, load.live.columns, load.table.cursor
    limit = as_cursor(reading.now, cursor.type) if cursor else None

    def read() -> Iterator[pa.Table]:
        # The table gets all its columns even if there are no rows.
        yield arrow_schema(columns).empty_table()
        number, without, latest = 0, 0, load.seen
        try:
            for batch in ahead(reading.reader.batches(table, columns, load.window)):
                number += batch.num_rows
                if load.remembers and cursor:
                    # Windows, too, include all rows without a cursor value.
                    without += batch.column(cursor.name).null_count
                    latest = greater(latest, newest(batch.column(cursor.name), limit))
                yield pa.Table.from_batches([batch])
            if not number and load.disposition == "replace" and load.before.rows:
                _refuse_empty(reading.options)
        except Exception as error:
            # The other tables are still read, to find all that fail; then the load starts again.
            reading.fail(table.name, error)
            return
        reading.outcome.rows[table.name] = number
        memory = dlt.current.resource_state()
        if load.remembers:
            memory.update(next_state(load, latest, without, reading.reader))
        elif not cursor:
            memory.clear()
        memory.update(origins(table, columns))
        dlt.current.source_state()["variable"] = reading.variable

    return dlt.resource(
        read, name=table.name, columns=_hints(load), write_disposition=load.disposition
    )


def keys_of(load: Load, reading: Reading) -> DltResource:
    """All current keys of the source: staging flags the rows whose key is not among them."""
    table, columns = load.table, load.table.key_columns

    def read() -> Iterator[pa.Table]:
        yield arrow_schema(columns).empty_table()
        number = 0
        try:
            for batch in ahead(reading.reader.batches(table, columns, None)):
                number += batch.num_rows
                yield pa.Table.from_batches([batch])
            if not number and load.keys_before.rows:
                _refuse_empty(reading.options)
        except Exception as error:
            if table.name not in reading.outcome.failed:
                reading.fail(table.name, error)

    name = keys_table(table.name)
    return dlt.resource(read, name=name, columns=dlt_columns(columns), write_disposition="replace")


def _hints(load: Load) -> dict[str, dict[str, object]]:
    hints = dlt_columns(load.live.columns)
    if not load.table.cursor:
        return hints
    for name in load.table.key:
        # A column that is new in a loaded table is NULL until the rows have been merged.
        joins = bool(load.before.columns) and name not in load.before.columns
        hints[name] |= {"primary_key": True, "nullable": joins}
    for name in load.former_key:
        hints[name]["merge_key"] = True
    # Of the rows with the same key, the row with the newest cursor is kept.
    hints[load.table.cursor.name]["dedup_sort"] = "desc"
    return hints


def _refuse_empty(options: Options) -> None:
    if not options.accept_empty:
        raise IngestError(
            "the table is empty at the source, so its loaded rows are kept. Check the source, or "
            "accept that the table is empty",
            flags="--accept-empty",
        )
