"""The command `python -m ingest`."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Sequence
from typing import Any

from ingest.errors import IngestError, explain
from ingest.local_warehouse import use_for
from ingest.settings import DATA, LAST_LOAD
from ingest.spec import read_source, source_names

EXAMPLES = """examples:
  python -m ingest                                  every source, into data/local.duckdb
  python -m ingest shop --table orders --full       one table, read anew
  python -m ingest shop --from 2024-01-01 --to 2024-02-01
                                                    again, what changed in January
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Load what the arguments ask for; 0 if all went well, else 1."""
    asked = _parser().parse_args(arguments)
    names = asked.source or source_names()
    if asked.target == "local" and (notice := _use_local_warehouse(asked.sample_rows)):
        print(notice)
    failed = False
    outcome: dict[str, dict[str, Any]] = {}
    for name in names:
        try:
            outcome[name] = _load(name, asked)
        except Exception as error:
            failed = True
            reason = explain(error)
            outcome[name] = {
                "mode": "failed",
                "rows": {},
                "seconds": 0,
                "drift": [],
                "error": reason,
            }
            print(f"{name}: failed. {reason}", file=sys.stderr)
    DATA.mkdir(exist_ok=True)
    LAST_LOAD.write_text(json.dumps(outcome, indent=2) + "\n", encoding="utf-8")
    return 1 if failed else 0


def _use_local_warehouse(sample_rows: int | None) -> str:
    try:
        sources = [read_source(name) for name in source_names()]
    except IngestError:
        return ""  # Said of the source, when its turn comes.
    return use_for(sources, sample_rows)


def _load(name: str, asked: argparse.Namespace) -> dict[str, Any]:
    read_source(name)
    # Imported only now: dlt takes a second, and --help should not.
    from ingest.pipeline import Options

    module = importlib.import_module(f"ingest.sources.{name}")
    options = Options(
        tables=tuple(asked.table),
        start=asked.start,
        end=asked.end,
        full=asked.full,
        sample_rows=asked.sample_rows,
        target=asked.target,
    )
    print(f"{name}: loading …", flush=True)
    loaded = module.run(options)
    tables, rows = len(loaded.rows), sum(loaded.rows.values())
    print(f"{name}: {loaded.mode} data, {tables} tables, {rows:,} rows, {loaded.seconds} s")
    for table, count in loaded.rejects.items():
        print(f"  {table}: {count:,} lines rejected; they are kept in raw_{name}._rejects")
    for finding in loaded.drift:
        print(f"  changed at the source: {finding}")
    return loaded.as_dict()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ingest",
        description="Load sources into their raw_<source> schemas. Where a source's variable "
        "(for example SHOP_URL) is not set, sample data is loaded in its place.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("source", nargs="*", help="names of sources; all if none is given")
    add("--table", nargs="+", default=[], help="only these tables")
    add("--from", dest="start", metavar="VALUE", help="backfill from this cursor value")
    add("--to", dest="end", metavar="VALUE", help="backfill up to this cursor value, without it")
    add("--full", action="store_true", help="read tables anew, incremental ones too")
    add("--sample-rows", type=int, metavar="N", help="sample data, about N rows a fact")
    add("--target", choices=("local", "prod"), default="local", help="where to load to")
    return parser


if __name__ == "__main__":
    sys.exit(main())
