"""Sample rows for the tables of streams: what refers to tables of other sources finds its row there."""

from __future__ import annotations

import functools
import os
import random
from collections.abc import Iterator
from typing import Any

import yaml

from ingest.settings import ROOT
from ingest.spec import Column, Source, Table, read_source
from sample import DEFAULT_ROWS
from sample import SampleReader as PlainReader
from sample.domain import as_type
from sample.draft import Rows
from sample.links import LINKED
from sample.tables import make_tables


class SampleReader(PlainReader):
    """Stands in for the tables of a source's streams."""

    def __init__(self, source: Source, rows: int | None = None) -> None:
        rows = rows or int(os.environ.get("SAMPLE_ROWS") or DEFAULT_ROWS)
        super().__init__(source, rows)
        for table, column, reference in _references(source):
            _link(self._tables[table.name], table, column, known(reference, rows))


@functools.cache
def known(reference: str, rows: int) -> list[Any]:
    """The values that the sample rows of another source have in a column: `source.table.column`."""
    source, table, column = reference.split(".")
    found = make_tables(read_source(source), rows)[table][column]
    return [value for value in found if value is not None]


def _references(source: Source) -> Iterator[tuple[Table, Column, str]]:
    path = ROOT / "stream" / "tables" / f"{source.name}.yml"
    described = yaml.safe_load(path.read_text(encoding="utf-8"))["tables"]
    for table, columns in zip(source.tables, (each["columns"] for each in described), strict=True):
        for column, given in zip(table.columns, columns, strict=True):
            if reference := given.get("references"):
                yield table, column, reference


def _link(rows: Rows, table: Table, column: Column, values: list[Any]) -> None:
    """Let the rows point to these values; one that has the key of another then goes."""
    chance = random.Random(f"{table.name}.{column.name}")
    linked = 1 if column.required else LINKED
    rows[column.name] = [
        as_type(chance.choice(values), column.type) if chance.random() < linked else None
        for _ in rows[column.name]
    ]
    if column.name in table.key:
        keys = list(zip(*(rows[name] for name in table.key), strict=True))
        first = {key: index for index, key in reversed(list(enumerate(keys)))}
        kept = sorted(first.values())
        rows |= {name: [each[index] for index in kept] for name, each in rows.items()}
