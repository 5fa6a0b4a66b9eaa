"""Loads one source into its schema `raw_<source>` with dlt.

A full load stages a copy of a table and replaces the table in one step. An incremental load merges
the rows whose cursor is at least the last value seen, minus the lag. dlt stores that value in the
warehouse, in the same transaction as the rows: you can kill a load at any time and run it again.

A table that cannot be read or loaded does not stop the others: it is named, and keeps its rows.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import dlt
from dlt.load.exceptions import (
    LoadClientJobException,
    TableChainFollowupJobCreationFailedException,
)

from ingest.checks import compare_counts
from ingest.drift import Finding, Live, compare
from ingest.errors import IngestError, explain, flags_that_repair
from ingest.options import Loaded, Options, chosen_tables
from ingest.planning import Load, plan
from ingest.reader import Reader
from ingest.rejects import Rejected, rejects_resource
from ingest.renamed_sources import rename_source
from ingest.renamed_tables import Renames, rename_tables
from ingest.resources import Reading, keys_of, rows_of
from ingest.spec import Source, keys_table
from ingest.warehouse import Landed, landed, open_pipeline, working_folder


def load(source: Source, reader: Reader, mode: str, options: Options) -> Loaded:
    """Load the tables of the source. The result names the tables that failed.

    Raises `IngestError` before anything is written if the source has changed and its `drift` is
    `freeze`, or if the options do not fit the source.
    """
    started = time.perf_counter()
    outcome = Loaded(source.name, mode)
    with working_folder(options.target, source.name) as folder:
        loading = _Load(source, reader, options, outcome, folder)
        live = loading.live_tables()
        loading.apply_renames()
        incomplete = loading.transfer(live)
        if incomplete:
            loading.repair(live, incomplete)
    outcome.rejects = dict(Counter(reject.table for reject in loading.rejects or ()))
    outcome.replaced = [f"{what} ({count:,} values)" for what, count in loading.replaced.items()]
    outcome.seconds = round(time.perf_counter() - started, 2)
    return outcome


class _Load:
    """A load of a source; failures are recorded in its outcome."""

    def __init__(
        self, source: Source, reader: Reader, options: Options, outcome: Loaded, folder: Path
    ) -> None:
        self.source, self.reader, self.options = source, reader, options
        self.outcome, self.folder = outcome, folder
        self.now = datetime.now(timezone.utc)
        self.replaced: Counter[str] = Counter()
        self.renames = Renames()
        self.opened: dlt.Pipeline | None = None
        # Only files have lines that can be rejected.
        self.rejects: list[Rejected] | None = getattr(reader, "rejects", None)

    def apply_renames(self) -> None:
        """Give loaded data with former names its current names."""
        self.outcome.notes += rename_source(self.source, self.options, self.folder)
        pipeline = open_pipeline(self.source, self.options.target, self.folder)
        self.renames = rename_tables(self.source, pipeline)
        self.outcome.notes += self.renames.notes
        self.opened = None if self.renames.moved else pipeline

    def live_tables(self) -> list[Live]:
        """The current tables of the source, compared with the spec."""
        live: list[Live] = []
        findings: list[Finding] = []
        for table in chosen_tables(self.source, self.options):
            try:
                there, different = compare(self.source, self.reader, [table])
            except Exception as error:
                self.fail(table.name, error)
                continue
            live += there
            findings += different
        if findings and self.source.drift == "freeze":
            raise IngestError(_frozen(self.source, findings))
        self.outcome.drift += [str(finding) for finding in findings]
        return live

    def transfer(self, live: Sequence[Live], complete: bool = False) -> dict[str, str]:
        """Load the tables from one snapshot; if tables fail, start again without them.

        Returns the tables that lack rows afterwards, each with the evidence.
        """
        while True:
            failed = len(self.outcome.failed)
            pipeline, self.opened = self.opened, None
            pipeline = pipeline or open_pipeline(self.source, self.options.target, self.folder)
            loads = self._plan(pipeline, live, complete)
            if len(self.outcome.failed) == failed and loads:
                self._run(pipeline, loads)
            if len(self.outcome.failed) == failed:
                self.replaced |= self.reader.replaced
                return compare_counts(pipeline, loads, self.outcome)

    def repair(self, live: Sequence[Live], incomplete: dict[str, str]) -> None:
        """Read all rows of the tables that lack rows, and merge them."""
        self.transfer([item for item in live if item.table.name in incomplete], complete=True)
        for name, found in incomplete.items():
            if name not in self.outcome.failed:
                self.outcome.notes.append(f"{name}: {found}; repaired by reading all its rows")

    def fail(self, table: str, error: Exception) -> None:
        """Record why a table was not loaded, and the command that loads it after the fix."""
        command = self.options.again(self.source.name, table, flags=flags_that_repair(error))
        reason = explain(error).rstrip(".")
        self.outcome.failed[table] = f"{reason}. To retry: `{command}`"
        self.outcome.rows.pop(table, None)
        # If the source is unreachable, the next read reports that.
        with suppress(Exception):
            self.reader.restart()

    def _plan(self, pipeline: dlt.Pipeline, live: Sequence[Live], complete: bool) -> list[Load]:
        wanted = [item for item in live if item.table.name not in self.outcome.failed]
        before = landed(pipeline, [item.table for item in wanted])
        state = pipeline.state.get("sources", {}).get(self.source.name, {})
        loads = []
        for item in wanted:
            name = item.table.name
            memory = state.get("resources", {}).get(name, {})
            here = before.get(name, Landed())
            try:
                if here.rows and item.table.cursor and not self.options.full:
                    self.renames.check(name)
                planned = plan(item, memory, here, self.reader, self.options, self.now, complete)
                keys = before.get(keys_table(name), Landed())
                loads.append(replace(planned, keys_before=keys))
            except Exception as error:
                self.fail(name, error)
        return loads

    def _run(self, pipeline: dlt.Pipeline, loads: list[Load]) -> None:
        self.reader.replaced.clear()
        shared = self.reader, self.options, self.now, self.outcome, self.fail
        reading = Reading(self.source.variable, *shared)
        resources = [rows_of(load, reading) for load in loads]
        resources += [keys_of(load, reading) for load in loads if load.table.marks_deletes]
        if self.rejects is not None:
            resources.append(rejects_resource(self.rejects))
        if pipeline.default_schema_name:
            # The spec defines the tables: dlt must not merge in the hints of former loads.
            names = {resource.name for resource in resources}
            stored = pipeline.default_schema
            stored.drop_tables([name for name in stored.tables if name in names])
        together = dlt.source(lambda: resources, name=self.source.name, max_table_nesting=0)()
        failed = len(self.outcome.failed)
        pipeline.extract(together, loader_file_format="parquet")
        if len(self.outcome.failed) > failed:
            return
        try:
            pipeline.normalize()
            pipeline.load()
        except Exception as error:
            at_fault = set(_tables_at_fault(error))
            tables = [
                load.table.name
                for load in loads
                if at_fault & {load.table.name, keys_table(load.table.name)}
            ]
            if not tables:
                raise
            self.fail(tables[0], error)


def _frozen(source: Source, findings: list[Finding]) -> str:
    lines = "\n".join(f"  - {finding}" for finding in findings)
    return (
        f"{source.name} has changed and its `drift` is `freeze`, so nothing was loaded:\n{lines}\n"
        f"Or set `drift: evolve` in sources/{source.name}.yml to load and only report changes."
    )


def _tables_at_fault(error: BaseException | None) -> Iterator[str]:
    while error is not None:
        if isinstance(error, LoadClientJobException):
            yield error.job_id.partition(".")[0]
        if isinstance(error, TableChainFollowupJobCreationFailedException):
            yield error.root_table_name
        error = error.__cause__ or error.__context__
