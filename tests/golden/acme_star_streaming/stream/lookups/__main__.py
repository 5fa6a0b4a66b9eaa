"""Copies the tables that streams join from their sources to the lake: `python -m stream.lookups`.

Each is a small Delta table that is replaced in one transaction, if its rows have changed. A job reads
it when a batch starts. Like a load, this uses sample data if the source's address is not set.
"""

from __future__ import annotations

import argparse
import functools
import hashlib
import importlib
import io
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import yaml
from deltalake import CommitProperties, DeltaTable, write_deltalake

from ingest.column_types import arrow_schema
from ingest.errors import IngestError, explain
from ingest.lakes import use_lakes_in
from ingest.reader import Reader
from ingest.settings import ROOT
from ingest.spec import Source, Table, read_source
from stream.lookups import folder

DIGEST = "rows"
"""The key of the digest in the metadata of a commit."""


@dataclass
class Wanted:
    """What the streams of a source of events use of a table: the keys that they look up, and columns."""

    events: str
    source: str
    table: str
    keys: set[str] = field(default_factory=set)
    columns: set[str] = field(default_factory=set)


def main(arguments: Sequence[str] | None = None) -> int:
    """Copy what the arguments ask for; 0 if all went well, else 1."""
    parser = argparse.ArgumentParser(
        prog="python -m stream.lookups",
        description="Copy the tables that streams join from their sources to the lake.",
    )
    parser.add_argument("events", nargs="*", help="names of sources of events; default: all")
    parser.add_argument(
        "--lakes", type=Path, help="the folder of the lakes, instead of what the variables say"
    )
    asked = parser.parse_args(arguments)
    lookups = [each for each in wanted() if each.events in (asked.events or [each.events])]
    if asked.lakes:
        use_lakes_in(asked.lakes, {each.events for each in lookups})
    failed = False
    for name in dict.fromkeys(each.source for each in lookups):
        try:
            copy(name, [each for each in lookups if each.source == name])
        except Exception as error:
            failed = True
            print(f"{name}: not copied to the lake. {explain(error)}", file=sys.stderr)
    return 1 if failed else 0


def wanted() -> list[Wanted]:
    """The tables that the streams in `sources/*.yml` join, once for each source of events."""
    found: dict[tuple[str, str, str], Wanted] = {}
    for path in sorted((ROOT / "sources").glob("*.yml")):
        events = yaml.safe_load(path.read_text(encoding="utf-8"))
        fields = {
            (topic["name"], each["name"]): each
            for topic in events.get("topics", ())
            for each in topic["fields"]
        }
        for stream in events.get("streams", ()):
            for join in stream.get("joins", ()):
                reference = fields[stream["topic"], join["field"]]["references"]
                source, table, key = reference.split(".")
                place = (path.stem, source, table)
                one = found.setdefault(place, Wanted(*place))
                one.keys.add(key)
                one.columns |= {
                    key,
                    *(each.get("column", each["name"]) for each in join["columns"]),
                }
    return list(found.values())


def copy(name: str, lookups: Sequence[Wanted]) -> None:
    """Read the tables of a source, and write those that have changed. Raises `IngestError`."""
    source = read_source(name)
    tables = {table.name: table for table in source.tables}
    with _reader(source) as reader:
        for each in lookups:
            rows = read(reader, tables[each.table], each)
            path = folder(each.events, each.source, each.table)
            done = replace(path, rows)
            print(f"{each.source}.{each.table}: {rows.num_rows:,} rows, {done} {path}")


def read(reader: Reader, table: Table, lookup: Wanted) -> pa.Table:
    """The rows of a table that have a key, sorted by the keys.

    Raises `IngestError` if a column is missing, or a key is not unique.
    """
    columns = [column for column in table.columns if column.name in lookup.columns]
    there: Mapping[str, str] = reader.columns(table) or {}
    if gone := [column.origin for column in columns if column.origin not in there]:
        raise IngestError(
            f"{table.source_name} has no column {', '.join(gone)} any more, and streams join it. "
            f"Restore it there, or remove it from the joins in sources/{lookup.events}.yml."
        )
    batches = reader.batches(table, columns, None)
    rows = _as_delta(pa.Table.from_batches(batches, arrow_schema(columns)))
    for key in lookup.keys:
        counts = pc.value_counts(rows[key].drop_null().combine_chunks())
        if twice := pc.sum(pc.greater(counts.field("counts"), 1)).as_py():
            raise IngestError(
                f"{twice:,} values of {key} are in several rows of {table.source_name}, and streams "
                "join it by that: an event would count several times. Make it unique there."
            )
    found = functools.reduce(pc.or_, (pc.is_valid(rows[key]) for key in lookup.keys))
    return _in_order(rows.filter(found), lookup.keys)


def replace(path: str, rows: pa.Table) -> str:
    """Replace the rows of the lake's table, if they differ; returns what was done, in words."""
    digest = _digest(rows)
    if DeltaTable.is_deltatable(path) and _digest_held(path) == digest:
        return "unchanged in"
    if "://" not in path:
        Path(path).mkdir(parents=True, exist_ok=True)
    said = CommitProperties(custom_metadata={DIGEST: digest})
    write_deltalake(path, rows, mode="overwrite", schema_mode="overwrite", commit_properties=said)
    # Readers of earlier versions have a week.
    DeltaTable(path).vacuum(dry_run=False)
    return "written to"


def _digest(rows: pa.Table) -> str:
    """A digest of the rows in their order."""
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(rows.combine_chunks())
    return hashlib.sha256(sink.getvalue()).hexdigest()


def _digest_held(path: str) -> str | None:
    """The digest of the rows in the lake, from the commit that wrote them."""
    commits = DeltaTable(path).history()
    return next((commit[DIGEST] for commit in commits if DIGEST in commit), None)


def _in_order(rows: pa.Table, keys: Collection[str]) -> pa.Table:
    return rows.sort_by([(key, "ascending") for key in sorted(keys)])


def _reader(source: Source) -> Reader:
    if not source.url:
        # Only needed without an address.
        from sample import SampleReader

        return SampleReader(source)
    return importlib.import_module(f"ingest.sources.{source.name}").Reader(source, source.url)


def _as_delta(rows: pa.Table) -> pa.Table:
    """The rows with types that Delta has: no time of day, and timestamps only in UTC."""
    types = {column.name: column.type for column in rows.schema}
    for name, type_ in types.items():
        if pa.types.is_time(type_):
            types[name] = pa.string()
        elif pa.types.is_timestamp(type_):
            types[name] = pa.timestamp("us", tz="UTC")
    return rows.cast(pa.schema(types.items()))


if __name__ == "__main__":
    sys.exit(main())
