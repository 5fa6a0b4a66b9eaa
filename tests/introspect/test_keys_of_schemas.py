"""The foreign keys of public schemas are found again in plausible rows, with and without primary keys."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from public_schemas import NAMES, PROGRAM

from platform_new.introspect import introspect
from platform_new.spec.models import Source

pytestmark = pytest.mark.exhaustive

LEAST_PRECISION, LEAST_F1 = 0.95, 0.85
"""What no schema may fall below; docs state the means, which are higher."""

Link = tuple[str, tuple[tuple[str, str], ...], str]
"""The referring table, pairs of columns in order, and the referenced table."""


@pytest.mark.parametrize("without", ["--strip-fks", "--strip-pks"])
@pytest.mark.parametrize("name", NAMES or ["any"])
def test_foreign_keys_are_found_again(make_postgres, schemas, name, without):
    file, address = schemas / f"{name}.json", make_postgres(f"keys_of_{name}")
    command = [sys.executable, str(PROGRAM), str(file), "--db-only", address, without]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "PGBASE": address})
    schema = json.loads(file.read_text(encoding="utf-8"))
    truth, found = declared(schema), references(introspect(address).source)
    wrong = found - truth - also_right(schema)
    right = len(found & truth)
    precision, recall = right / (right + len(wrong)), right / len(truth)
    assert precision >= LEAST_PRECISION, sorted(wrong)
    assert 2 * precision * recall / (precision + recall) >= LEAST_F1, sorted(truth - found)


def link(table: str, columns: Any, to_columns: Any, to: str) -> Link:
    return table, tuple(sorted(zip(columns, to_columns, strict=True))), to


def declared(schema: dict[str, Any]) -> set[Link]:
    """The schema's foreign keys."""
    return {
        link(table["name"], key["columns"], key["to"], key["table"])
        for table in schema["tables"]
        for key in table["foreign_keys"]
    }


def also_right(schema: dict[str, Any]) -> set[Link]:
    """Foreign keys that an expert accepts though the schema does not have them, and parts of composite ones."""
    more = schema["truth"].get("foreign_keys_also", [])
    parts = {(table, (pair,), to) for table, pairs, to in declared(schema) if len(pairs) > 1 for pair in pairs}
    return parts | {link(key["of"], key["columns"], key["to"], key["table"]) for key in more}


def references(source: Source) -> set[Link]:
    """The references of a source, with the names of the source."""
    tables = {table.name: table.origin or table.name for table in source.tables}
    columns = {(table.name, column.name): column.source_name for table in source.tables for column in table.columns}
    found = set()
    for table in source.tables:
        pairs = [((column.name,), *column.references.split(".")) for column in table.columns if column.references]
        for mine, to, *theirs in [*pairs, *((each.columns, each.to, *each.to_columns) for each in table.references)]:
            here = [columns[table.name, name] for name in mine]
            found.add(link(tables[table.name], here, [columns[to, name] for name in theirs], tables[to]))
    return found
