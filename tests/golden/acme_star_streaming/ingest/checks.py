"""Compares the loaded tables with their sources, after a load."""

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
    """The tables that lack rows of their source, each with the evidence.

    A loaded table can have more rows than its source, which deletes rows, and fewer if rows share
    a key. So the difference is compared with the difference after the previous load.
    """
    checked = [load for load in loads if load.survey]
    after = landed(pipeline, [load.table for load in checked])
    incomplete: dict[str, str] = {}
    for load in checked:
        table, source_rows = load.table, load.survey.rows if load.survey else 0
        name, rows = table.name, after[table.name].rows
        if load.reason:
            outcome.notes.append(f"{name}: read all its rows, because {load.reason}")
        if missing := _missing(load, rows, pipeline):
            incomplete[name] = (
                f"{missing:,} of {source_rows:,} rows were missing (committed later than the lag "
                "allows for, or with an older cursor)"
            )
        elif rows < source_rows and load.window is None:
            outcome.notes.append(
                f"{name}: {source_rows - rows:,} of {source_rows:,} rows share their key with "
                "another row; the newest of each key is loaded"
            )
        elif rows > source_rows and not table.marks_deletes:
            outcome.notes.append(
                f"{name}: {rows - source_rows:,} rows are no longer at the source and are kept; "
                f"set `deletes: mark` in sources/{outcome.source}.yml to flag them"
            )
    return incomplete


def _missing(load: Load, rows: int, pipeline: dlt.Pipeline) -> int:
    if load.window is None or load.balance is None or load.survey is None:
        return 0
    lost = load.balance - (rows - load.survey.rows)
    return max(lost, _keys_without_row(load.table, pipeline), 0)


def _keys_without_row(table: Table, pipeline: dlt.Pipeline) -> int:
    """The exact number, if the source's keys are loaded: deletions cannot hide missing rows."""
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
