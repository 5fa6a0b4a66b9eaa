"""Loads: one multi-asset per source, whose keys `[source, table]` are those of dbt's sources.

The tables have no partitions: a load reads what changed since the last load, whenever it runs, so
no table is a set of days. Partitions belong to the backfill, whose job loads the window of a day.
"""

import json
import os
from collections.abc import Collection, Iterator
from datetime import datetime

import dagster as dg
from pydantic import Field

from orchestrate.pipeline.commands import ROOT, python, run

FIRST_DAY = "2020-01-01"
"""The first day that backfills offer."""


class Window(dg.Config):
    """What a load reads: by default, what changed since the last load."""

    start: str | None = Field(None, description="The first cursor value, as for --from.")
    end: str | None = Field(None, description="The cursor value after the last, as for --to.")


def raw_tables(
    source: str,
    tables: Collection[str],
    *,
    with_window: Collection[str] = (),
    soft_deleted: Collection[str] = (),
    after: Collection[str] = (),
) -> list[dg.AssetSpec]:
    """The assets of a source: its tables, and the current keys of those with soft deletes.

    A table `with_window` has a cursor that is a time; `after` are the paths of the tables of the
    lake that the source reads.
    """
    loaded = {table: table for table in tables}
    loaded |= {f"{table}__keys": table for table in soft_deleted}
    return [
        dg.AssetSpec(
            [source, name],
            deps=[path.split("/") for path in after],
            group_name=f"raw_{source}",
            kinds={"dlt"},
            skippable=True,
            metadata={"table": table, "has_window": table in with_window},
        )
        for name, table in loaded.items()
    ]


def load(
    context: dg.AssetExecutionContext, source: str, window: Window
) -> Iterator[dg.MaterializeResult]:
    """Load the selected tables of a source; with a window, those that have one.

    Raises `dagster.Failure` if a table could not be loaded, or if none has a window.
    """
    specs = list(context.assets_def.specs)
    chosen = [
        spec
        for spec in specs
        if spec.key in context.selected_asset_keys
        and (window.start is None or spec.metadata["has_window"])
    ]
    if not chosen:
        raise dg.Failure("A window was set, but no selected table has a cursor that is a time.")
    tables = list(dict.fromkeys(spec.metadata["table"] for spec in chosen))
    run(command(source, tables if len(chosen) < len(specs) else [], window))
    rows = rows_read(source)
    for spec in chosen:
        read = rows.get(spec.metadata["table"])
        yield dg.MaterializeResult(spec.key, metadata={} if read is None else {"rows_read": read})


def command(source: str, tables: Collection[str], window: Window) -> list[str]:
    """The command that loads a source, as `make run` does: all tables if none is named."""
    words = [*python("ingest"), source, "--target", os.environ.get("DBT_TARGET", "local")]
    words += ["--table", *tables] if tables else []
    words += ["--from", window.start] if window.start is not None else []
    words += ["--to", window.end] if window.end is not None else []
    return words


def rows_read(source: str) -> dict[str, int]:
    """The rows that the last load of a source read, by table.

    Empty if a load of another source, which has ended since, has replaced the report.
    """
    report = json.loads((ROOT / "data" / "last_load.json").read_text(encoding="utf-8"))
    return dict(report.get(source, {}).get("rows", {}))


def windows(op: str) -> dg.PartitionedConfig:
    """The configuration of a backfill: for each day, its window, for an op that takes a `Window`."""

    @dg.daily_partitioned_config(start_date=FIRST_DAY)
    def of_day(start: datetime, end: datetime) -> dict[str, object]:
        return {"ops": {op: {"config": {"start": start.isoformat(), "end": end.isoformat()}}}}

    return of_day
