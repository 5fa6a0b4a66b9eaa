"""Compares what is landed with what the sources themselves say, after a load."""

from __future__ import annotations

from collections.abc import Sequence

import dlt

from ingest.options import Loaded
from ingest.planning import Load
from ingest.spec import Table, keys_table
from ingest.warehouse import landed, same_key


def compare_counts(
    pipeline: dlt.Pipeline, loads: Sequence[Load], outcome: Loaded
) -> dict[str, str]:
    """The tables that lack rows of their source, with what shows it.

    A landed table may have more rows than its source, which deletes some, and fewer if rows share
    a key. So the difference is compared with that of the load before.
    """
    checked = [one for one in loads if one.survey]
    after = landed(pipeline, [one.table for one in checked])
    incomplete: dict[str, str] = {}
    for one in checked:
        table, source_rows = one.table, one.survey.rows if one.survey else 0
        name, rows = table.name, after[table.name].rows
        if one.reason:
            outcome.notes.append(f"{name}: all its rows were read, as {one.reason}")
        if missing := _missing(one, rows, pipeline):
            incomplete[name] = (
                f"{missing:,} of {source_rows:,} rows were missing (committed later than the lag "
                "allows for, or with an older cursor)"
            )
        elif rows < source_rows and one.window is None:
            outcome.notes.append(
                f"{name}: {source_rows - rows:,} of {source_rows:,} rows share their key with "
                "another row; the newest of each key is loaded"
            )
        elif rows > source_rows and not table.marks_deletes:
            outcome.notes.append(
                f"{name}: {rows - source_rows:,} rows are no longer at the source and are kept; "
                f"`deletes: mark` in sources/{outcome.source}.yml would flag them"
            )
    return incomplete


def _missing(one: Load, rows: int, pipeline: dlt.Pipeline) -> int:
    if one.window is None or one.balance is None or one.survey is None:
        return 0
    lost = one.balance - (rows - one.survey.rows)
    return max(lost, _keys_without_row(one.table, pipeline), 0)


def _keys_without_row(table: Table, pipeline: dlt.Pipeline) -> int:
    """Exact where all keys of the source are landed, even if as many rows were deleted."""
    if not table.marks_deletes:
        return 0
    with pipeline.sql_client() as client:
        rows = client.execute_sql(
            f"select count(*) from {client.make_qualified_table_name(keys_table(table.name))} "
            f"as present where not exists (select 1 from "
            f"{client.make_qualified_table_name(table.name)} as landed "
            f"where {same_key(client, table)})"
        )
    return int(rows[0][0]) if rows else 0
