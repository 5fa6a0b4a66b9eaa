"""The command `python -m ingest`."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from ingest.errors import IngestError, UsageError, explain, flags_that_repair
from ingest.local_warehouse import use_for
from ingest.locking import alone_in_production, one_at_a_time
from ingest.settings import DATA, LAST_LOAD
from ingest.spec import read_source, source_names

if TYPE_CHECKING:
    from ingest.options import Options

EXAMPLES = """examples:
  python -m ingest                                  every source, into data/local.duckdb
  python -m ingest shop --table orders --full       one table, all its rows replaced
  python -m ingest shop --from 2024-01-01 --to 2024-02-01
                                                    reload what changed in January

exit codes: 0 everything was loaded, 1 a source or table failed, 2 usage error
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Load the sources; returns 0 on success, 1 if anything failed, 2 on a usage error."""
    asked = _parser().parse_args(arguments)
    names = asked.source or source_names()
    try:
        _check_usage(names, asked)
    except UsageError as error:
        print(error, file=sys.stderr)
        return 2
    if asked.target == "local":
        with one_at_a_time("local"):
            return _load_all(names, asked)
    return _load_all(names, asked)


def _load_all(names: Sequence[str], asked: argparse.Namespace) -> int:
    if asked.target == "local" and (notice := _use_local_warehouse(asked.sample_rows)):
        print(notice)
    failed = False
    outcome: dict[str, dict[str, Any]] = {}
    for name in names:
        try:
            with _lock(name, asked.target):
                outcome[name] = _load(name, asked)
            failed = failed or bool(outcome[name]["failed"])
        except Exception as error:
            failed = True
            flags = flags_that_repair(error)
            command = _options(asked).again(name, *asked.table, flags=flags)
            reason = f"{explain(error).rstrip('.')}. To retry: `{command}`"
            outcome[name] = {
                "mode": "failed",
                "rows": {},
                "seconds": 0,
                "drift": [],
                "notes": [],
                "failed": {},
                "error": reason,
            }
            print(f"{name}: failed. {reason}", file=sys.stderr)
    DATA.mkdir(exist_ok=True)
    aside = LAST_LOAD.with_suffix(f".{os.getpid()}")
    aside.write_text(json.dumps(outcome, indent=2) + "\n", encoding="utf-8")
    aside.replace(LAST_LOAD)
    return 1 if failed else 0


def _lock(name: str, target: str) -> AbstractContextManager[None]:
    """A lock on the tables of a source, so that only one load at a time writes them."""
    return nullcontext() if target == "local" else alone_in_production(name)


def _check_usage(names: Sequence[str], asked: argparse.Namespace) -> None:
    if unknown := [name for name in names if name not in source_names()]:
        known = ", ".join(source_names()) or "none"
        raise UsageError(f"Unknown source `{unknown[0]}`. The sources are: {known}.")
    if asked.sample_rows is not None and asked.sample_rows < 1:
        raise UsageError("--sample-rows must be at least 1.")
    if not (asked.table or asked.start is not None or asked.end is not None):
        return
    from ingest.options import chosen_tables

    for name in names:
        try:
            source = read_source(name)
        except IngestError:
            continue  # Reported when the source is loaded.
        chosen_tables(source, _options(asked))


def _use_local_warehouse(sample_rows: int | None) -> str:
    try:
        sources = [read_source(name) for name in source_names()]
        return use_for(sources, sample_rows)
    except IngestError:
        return ""  # Reported when the source is loaded.


def _options(asked: argparse.Namespace) -> Options:
    # Imported late, because Arrow and dlt take a second to import: --help should be fast.
    from ingest.options import Options

    return Options(
        tables=tuple(asked.table),
        start=asked.start,
        end=asked.end,
        full=asked.full,
        accept_empty=asked.accept_empty,
        sample_rows=asked.sample_rows,
        target=asked.target,
    )


def _load(name: str, asked: argparse.Namespace) -> dict[str, Any]:
    source = read_source(name)
    if asked.target != "local" and not source.url and asked.sample_rows is None:
        raise IngestError(
            f"{source.variable} is not set. Set it, or load sample data with --sample-rows N."
        )
    module = importlib.import_module(f"ingest.sources.{name}")
    print(f"{name}: loading …", flush=True)
    try:
        loaded = module.run(_options(asked))
    except ModuleNotFoundError as error:
        if error.name != "sample":
            raise
        raise IngestError(
            f"There is no sample/ folder to generate sample data. Set {source.variable}."
        ) from error
    tables, rows = len(loaded.rows), sum(loaded.rows.values())
    print(f"{name}: {loaded.mode} data, {tables} tables, {rows:,} rows, {loaded.seconds} s")
    for table, count in loaded.rejects.items():
        print(f"  {table}: {count:,} lines rejected, see raw_{name}._rejects")
    for finding in loaded.drift:
        print(f"  changed at the source: {finding}")
    for what in loaded.replaced:
        print(f"  replaced: {what}")
    for line in loaded.notes:
        print(f"  {line}")
    sys.stdout.flush()
    for table, reason in loaded.failed.items():
        print(f"  {name}.{table}: failed; its loaded rows are kept. {reason}", file=sys.stderr)
    return loaded.as_dict()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ingest",
        description="Load sources into their raw_<source> schemas. If a source's variable "
        "(for example SHOP_URL) is not set, sample data is loaded instead.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("source", nargs="*", help="the sources to load; all by default")
    add("--table", nargs="+", default=[], help="load only these tables")
    add("--from", dest="start", metavar="VALUE", help="backfill from this cursor value")
    add("--to", dest="end", metavar="VALUE", help="backfill to this cursor value, exclusive")
    add("--full", action="store_true", help="replace all rows, also of incremental tables")
    add("--accept-empty", action="store_true", help="empty the tables that are empty at the source")
    add("--sample-rows", type=int, metavar="N", help="load sample data, about N rows per fact")
    add("--target", choices=("local", "prod"), default="local", help="the warehouse to load into")
    return parser


if __name__ == "__main__":
    sys.exit(main())
