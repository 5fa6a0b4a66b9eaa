"""Loads one source into its schema `raw_<source>` with dlt.

A full load replaces a table at once, by a copy that was loaded aside. An incremental load merges
the rows whose cursor is at least the last one seen, less the lag. What was seen is kept by dlt in
the warehouse, committed with the rows: a load can be killed at any moment and run again.

A table that cannot be read or loaded stops no other: it is named, and keeps the rows it has.
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
from ingest.renamed_sources import carry_source
from ingest.renamed_tables import Carried, carry_tables
from ingest.resources import Reading, keys_of, rows_of
from ingest.spec import Source, keys_table
from ingest.warehouse import Landed, landed, open_pipeline, working_folder


def load(source: Source, reader: Reader, mode: str, options: Options) -> Loaded:
    """Load the tables of the source, and say what was done and which tables failed.

    Raises `IngestError` before anything is written if the source has changed and its `drift` is
    `freeze`, or if the options ask for what is not there.
    """
    started = time.perf_counter()
    outcome = Loaded(source.name, mode)
    with working_folder(options.target, source.name) as folder:
        one_load = _Load(source, reader, options, outcome, folder)
        live = one_load.look()
        one_load.carry_names()
        incomplete = one_load.transfer(live)
        if incomplete:
            one_load.repair(live, incomplete)
    outcome.rejects = dict(Counter(reject.table for reject in one_load.rejects or ()))
    outcome.replaced = [f"{what} ({count:,} values)" for what, count in one_load.replaced.items()]
    outcome.seconds = round(time.perf_counter() - started, 2)
    return outcome


class _Load:
    """One load of a source; what fails is noted in its outcome."""

    def __init__(
        self, source: Source, reader: Reader, options: Options, outcome: Loaded, folder: Path
    ) -> None:
        self.source, self.reader, self.options = source, reader, options
        self.outcome, self.folder = outcome, folder
        self.now = datetime.now(timezone.utc)
        self.replaced: Counter[str] = Counter()
        self.carried = Carried()
        self.opened: dlt.Pipeline | None = None
        # Files alone have lines that are no rows.
        self.rejects: list[Rejected] | None = getattr(reader, "rejects", None)

    def carry_names(self) -> None:
        """What is landed under names of before gets those of today."""
        self.outcome.notes += carry_source(self.source, self.options, self.folder)
        pipeline = open_pipeline(self.source, self.options.target, self.folder)
        self.carried = carry_tables(self.source, pipeline)
        self.outcome.notes += self.carried.notes
        self.opened = None if self.carried.moved else pipeline

    def look(self) -> list[Live]:
        """The tables as the source has them now, each compared with its spec."""
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
        """Load the tables, all from one snapshot; start again without those that fail.

        Returns the tables that lack rows afterwards, and what shows it.
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
        """Read the tables completely that lack rows, and merge what was read."""
        self.transfer([one for one in live if one.table.name in incomplete], complete=True)
        for name, found in incomplete.items():
            if name not in self.outcome.failed:
                self.outcome.notes.append(f"{name}: {found}; repaired by reading all its rows")

    def fail(self, table: str, error: Exception) -> None:
        """Note why a table is not loaded, and the command that loads it once that is mended."""
        command = self.options.again(self.source.name, table, flags=flags_that_repair(error))
        reason = explain(error).rstrip(".")
        self.outcome.failed[table] = f"{reason}. Then: `{command}`"
        self.outcome.rows.pop(table, None)
        # A source that is gone says so again at the next read.
        with suppress(Exception):
            self.reader.restart()

    def _plan(self, pipeline: dlt.Pipeline, live: Sequence[Live], complete: bool) -> list[Load]:
        wanted = [one for one in live if one.table.name not in self.outcome.failed]
        before = landed(pipeline, [one.table for one in wanted])
        state = pipeline.state.get("sources", {}).get(self.source.name, {})
        loads = []
        for one in wanted:
            name = one.table.name
            memory = state.get("resources", {}).get(name, {})
            here = before.get(name, Landed())
            try:
                if here.rows and one.table.cursor and not self.options.full:
                    self.carried.check(name)
                planned = plan(one, memory, here, self.reader, self.options, self.now, complete)
                keys = before.get(keys_table(name), Landed())
                loads.append(replace(planned, keys_before=keys))
            except Exception as error:
                self.fail(name, error)
        return loads

    def _run(self, pipeline: dlt.Pipeline, loads: list[Load]) -> None:
        self.reader.replaced.clear()
        shared = self.reader, self.options, self.now, self.outcome, self.fail
        reading = Reading(self.source.variable, *shared)
        resources = [rows_of(one, reading) for one in loads]
        resources += [keys_of(one, reading) for one in loads if one.table.marks_deletes]
        if self.rejects is not None:
            resources.append(rejects_resource(self.rejects))
        if pipeline.default_schema_name:
            # The spec says what the tables are: nothing is mixed with the keys of former loads.
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
                one.table.name
                for one in loads
                if at_fault & {one.table.name, keys_table(one.table.name)}
            ]
            if not tables:
                raise
            self.fail(tables[0], error)


def _frozen(source: Source, findings: list[Finding]) -> str:
    lines = "\n".join(f"  - {finding}" for finding in findings)
    return (
        f"{source.name} has changed and its `drift` is `freeze`, so nothing was loaded:\n{lines}\n"
        f"Or set `drift: evolve` in sources/{source.name}.yml to load on and only be told."
    )


def _tables_at_fault(error: BaseException | None) -> Iterator[str]:
    while error is not None:
        if isinstance(error, LoadClientJobException):
            yield error.job_id.partition(".")[0]
        if isinstance(error, TableChainFollowupJobCreationFailedException):
            yield error.root_table_name
        error = error.__cause__ or error.__context__
