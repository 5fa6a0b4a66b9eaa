"""The content of a warehouse after a run: its tables as multisets of rows, and the project that built them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import duckdb
import lake
import psycopg

SCHEMAS = ("staging", "intermediate", "snapshots", "marts")
Table = tuple[str, str]
Contents = Mapping[Table, Counter]


@dataclass(frozen=True)
class Model:
    """A dbt model with the origins that its `config.meta` names."""

    name: str
    schema: str
    origin: str
    columns: Mapping[str, str] = field(default_factory=dict)
    """The origin of each column that has one, by the column's name."""

    def named(self, origins: Sequence[str]) -> list[str]:
        """The columns with these origins; if two columns have the same origin, the first."""
        return [next(name for name, origin in self.columns.items() if origin == wanted) for wanted in origins]


@dataclass(frozen=True)
class State:
    """The result of a run: `folder` holds copies of the warehouse and of dbt's manifest."""

    done: CompletedProcess[str]
    folder: Path

    @property
    def green(self) -> bool:
        """Whether the run succeeded; prints its output if not."""
        if self.done.returncode:
            print(self.done.stdout)
        return self.done.returncode == 0

    @cached_property
    def outcome(self) -> dict[str, Any]:
        """The content of `data/last_run.json`."""
        return json.loads((self.folder / "last_run.json").read_text(encoding="utf-8"))

    @cached_property
    def models(self) -> dict[str, Model]:
        """The staging models, facts and other marts by name; a staging model has the origin of its source table."""
        manifest = json.loads((self.folder / "manifest.json").read_text(encoding="utf-8"))
        return {model.name: model for model in _models(manifest)}

    @property
    def staged(self) -> dict[str, Model]:
        """The staging models by the origin of their tables."""
        return {model.origin: model for model in self.models.values() if model.schema == "staging"}

    def marts(self, *prefixes: str) -> list[Model]:
        """The marts whose names start with one of these prefixes."""
        return [model for model in self.models.values() if model.schema == "marts" and model.name.startswith(prefixes)]

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query on the copy of the local warehouse."""
        with duckdb.connect(str(self.folder / "local.duckdb"), read_only=True) as connection:
            connection.execute("set timezone = 'UTC'")
            return connection.sql(sql).fetchall()

    def rows(self, model: Model, key: Sequence[str]) -> dict[tuple[str, ...], Counter]:
        """The rows of a model by a key, as text; all rows of a key that is not unique."""
        rows: dict[tuple[str, ...], Counter] = {}
        for row in self.query(f"select {', '.join(key)}, {model.name}.* from {model.schema}.{model.name}"):
            of_key = rows.setdefault(tuple(str(part) for part in row[: len(key)]), Counter())
            of_key[row[len(key) :]] += 1
        return rows

    @cached_property
    def contents(self) -> Contents:
        """Every table that dbt built, as a multiset of rows."""
        return local_contents(self.folder / "local.duckdb")


def local_contents(path: Path) -> Contents:
    """Every staging, intermediate, snapshot and mart table of a DuckDB file, as a multiset of rows."""
    with duckdb.connect(str(path), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        return _contents(connection)


def lake_contents(catalog: str) -> Contents:
    """The same for a DuckLake with its catalog in a PostgreSQL database."""
    with lake.connect(catalog) as connection:
        return _contents(connection)


def production_contents(url: str) -> Contents:
    """The same for a PostgreSQL database."""
    with psycopg.connect(url, options="-c timezone=UTC") as connection:
        return _contents(connection)


def _contents(connection: Any) -> Contents:
    tables = _tables(connection.execute(LISTING).fetchall())
    return {
        (schema, table): Counter(connection.execute(f"select {columns} from {schema}.{table}").fetchall())
        for schema, table, columns in tables
    }


LISTING = f"""
    select table_schema, table_name, column_name from information_schema.columns
    where table_schema in {SCHEMAS} order by table_schema, table_name, column_name
"""


def _tables(rows: Iterable[tuple[str, str, str]]) -> Iterator[tuple[str, str, str]]:
    """Tables with their columns in a fixed order, without the snapshot columns that depend on the time of the run."""
    columns: dict[Table, list[str]] = {}
    for schema, table, column in rows:
        if column not in ("dbt_updated_at", "dbt_valid_from", "dbt_scd_id", "version_start"):
            columns.setdefault((schema, table), []).append(f'"{column}"')
    for (schema, table), names in columns.items():
        yield schema, table, ", ".join(names)


def differences(before: Contents, after: Contents) -> dict[Table, str]:
    """The tables that differ, with the number of rows that only one side has and an example of each."""
    found = {}
    for table in sorted({*before, *after}):
        gone, new = (
            before.get(table, Counter()) - after.get(table, Counter()),
            after.get(table, Counter()) - before.get(table, Counter()),
        )
        if gone or new or (table in before) != (table in after):
            found[table] = f"-{gone.total()} +{new.total()}: {next(iter(gone), None)} {next(iter(new), None)}"
    return found


def _models(manifest: dict[str, Any]) -> Iterator[Model]:
    for node in manifest["nodes"].values():
        if node["resource_type"] != "model" or node["schema"] not in ("staging", "marts"):
            continue
        columns = {name: column["config"]["meta"].get("origin") for name, column in node["columns"].items()}
        tables = [manifest["sources"][name] for name in node["depends_on"]["nodes"] if name in manifest["sources"]]
        origin = tables[0]["config"]["meta"]["origin"] if tables else node["config"]["meta"].get("origin", "")
        yield Model(node["name"], node["schema"], origin, {name: origin for name, origin in columns.items() if origin})
