"""Platforms of public schemas whose tables hold every awkward value: the run is green, and every value is loaded.

The schemas are from real projects. A program next to them creates their tables; the rows are ours.
"""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
import source_data
from awkward_rows import ROWS, Schema, source_rows
from made import generate, state_of
from ruamel.yaml import YAML
from warehouse import State

pytestmark = pytest.mark.exhaustive

SCHEMAS = ("gtfs", "job", "tpcds", "osm", "danbooru", "killbill", "omop", "lago", "fineract")
ENDS = {
    "date": ("0001-01-01", "9999-12-31"),
    "timestamp": ("0001-01-01 00:00:00", "9999-12-31 23:59:59.999999"),
    "timestamptz": ("0001-01-01 00:00:00+00", "9999-12-31 23:59:59.999999+00"),
}


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_public_schema_with_awkward_values_runs_green_and_lands_as_documented(
    name, schemas, postgres_url, make, tmp_path
):
    """Infinite and distant times, NaN, empty texts, the limits of every type, and NULL wherever it is allowed."""
    url, repository = awkward_platform(schemas, name, postgres_url, tmp_path)
    state = state_of(make(repository, "run", env={"SOURCE_URL": url}), repository, tmp_path / "run")
    assert state.green
    assert "changed at the source" not in state.done.stdout
    assert_everything_landed(state, url, repository)


def awkward_platform(schemas: Path, name: str, server: str, folder: Path) -> tuple[str, Path]:
    """A database of the schema with our rows, and a repository that was generated from it."""
    url = source_data.create(server, source_data.fresh_name(name))
    make_tables(schemas, name, url)
    with psycopg.connect(url, autocommit=True) as connection:
        Schema(connection).fill()
    return url, generate(folder / "acme", "--from", url, "--source-name", "source", "--orchestrator", "none")


def assert_everything_landed(state: State, url: str, repository: Path) -> None:
    """Every table of the source is loaded or left out, and each loaded value is as documented."""
    source = YAML(typ="safe").load((repository / "sources/source.yml").read_text())
    tables = {(table["schema"], table.get("origin", table["name"])): table for table in source["tables"]}
    with psycopg.connect(url, autocommit=True) as connection:
        assert tables.keys() == set(Schema(connection).tables.values())
        for place, table in tables.items():
            if not table.get("exclude"):
                columns = [column for column in table["columns"] if not column.get("exclude")]
                expected, landed = expected_rows(connection, place, columns), landed_rows(state, table, columns)
                assert landed.total() == ROWS, place
                assert landed == expected, (place, landed - expected, expected - landed)


def make_tables(schemas: Path, name: str, url: str) -> None:
    """Create the tables of a schema with the program next to the schemas."""
    command = [sys.executable, schemas / "score.py", schemas / f"{name}.json", "--db-only", url]
    subprocess.run(command, check=True, capture_output=True)


def expected_rows(connection: psycopg.Connection, place: tuple[str, str], columns: list[dict[str, Any]]) -> Counter:
    """The expected rows of a raw table, by the table of values in docs/ingestion.md."""
    asked = [(column.get("origin", column["name"]), column["type"] == "json") for column in columns]
    rows = source_rows(connection, place, asked)
    types = [column["type"] for column in columns]
    return Counter(tuple(map(_documented, row, types)) for row in rows)


def landed_rows(state: State, table: dict[str, Any], columns: list[dict[str, Any]]) -> Counter:
    """The rows of the raw table."""
    as_is = ("numeric", "real", "double", "binary")
    chosen = (f'"{c["name"]}"' + ("" if c["type"].startswith(as_is) else "::varchar") for c in columns)
    rows = state.query(f"""select {", ".join(chosen)} from raw_source."{table["name"]}" """)
    return Counter(tuple(repr(value) if isinstance(value, float) else value for value in row) for row in rows)


def _documented(text: str | None, type_: str) -> Any:
    if text is None:
        return None
    if type_.startswith("numeric"):
        return None if text.strip("-") in ("NaN", "Infinity") else Decimal(text)
    if type_ in ("real", "double"):
        return repr(float(text))
    if type_ == "binary":
        return bytes.fromhex(text.removeprefix("\\x"))
    if type_ in ENDS:
        first, last = ENDS[type_]
        if text == "-infinity" or text.endswith(" BC"):
            return first
        return last if text == "infinity" or len(text.partition("-")[0]) > 4 else text
    return text
