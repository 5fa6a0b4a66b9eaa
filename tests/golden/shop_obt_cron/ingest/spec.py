"""The specs in `sources/`, as plain objects."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from ingest.errors import IngestError
from ingest.settings import ROOT

SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}


@dataclass(frozen=True)
class Column:
    """A column; `origin` is its name at the source, `former` are its previous names here."""

    name: str
    origin: str
    type: str
    required: bool = False
    unique: bool = False
    values: tuple[Any, ...] = ()
    min: Any = None
    max: Any = None
    pii: str | None = None
    source_type: str | None = None
    former: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reference:
    """A foreign key: `columns` of this table point to `to_columns` of the table `to`."""

    columns: tuple[str, ...]
    to: str
    to_columns: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table; `columns` are those that are loaded."""

    name: str
    schema: str | None
    origin: str
    role: str
    key: tuple[str, ...]
    unique: tuple[tuple[str, ...], ...]
    references: tuple[Reference, ...]
    columns: tuple[Column, ...]
    excluded: frozenset[str]
    cursor: Column | None
    lag: int
    marks_deletes: bool
    line_of: str | None = None
    event_time: str | None = None
    format: Mapping[str, Any] = field(default_factory=dict)
    former: tuple[str, ...] = ()

    @property
    def source_name(self) -> str:
        """`schema.table` at the source."""
        return f"{self.schema}.{self.origin}" if self.schema else self.origin

    @property
    def key_columns(self) -> tuple[Column, ...]:
        """The columns of the primary key."""
        return tuple(column for column in self.columns if column.name in self.key)


@dataclass(frozen=True)
class Source:
    """A source system with the tables that are loaded."""

    name: str
    kind: str
    variable: str
    drift: str
    tables: tuple[Table, ...]
    former: tuple[str, ...] = ()

    @property
    def url(self) -> str | None:
        """The address of the real system, if the environment has one."""
        return os.environ.get(self.variable) or None


def keys_table(table: str) -> str:
    """The table with all current keys of a table whose deleted rows are flagged."""
    return f"{table}__keys"


def platform_name(root: Path = ROOT) -> str:
    """The name in `platform.yml`."""
    return str(load_yaml(root / "platform.yml")["name"])


def source_names(root: Path = ROOT) -> list[str]:
    """The names of all sources, in order."""
    return sorted(path.stem for path in (root / "sources").glob("*.yml"))


def read_source(name: str, root: Path = ROOT) -> Source:
    """Read `sources/<name>.yml`. Raises `IngestError` if it does not exist or cannot be read."""
    path = root / "sources" / f"{name}.yml"
    if not path.exists():
        known = ", ".join(source_names(root)) or "none"
        raise IngestError(f"Unknown source `{name}`. The sources are: {known}.")
    data = load_yaml(path)
    return source_of(data)


def source_of(data: dict[str, Any]) -> Source:
    """The source that the content of a source's file describes."""
    tables = [_table(table) for table in data["tables"] if not table.get("exclude")]
    return Source(
        name=data["name"],
        kind=data["kind"],
        variable=variable_of(data),
        drift=data.get("drift", "evolve"),
        tables=tuple(_without_broken_references(table, tables) for table in tables),
        former=_former(data),
    )


def variable_of(data: dict[str, Any]) -> str:
    """The environment variable with the address of the source."""
    return data.get("connection") or f"{data['name'].upper()}_URL"


def load_yaml(path: Path) -> dict[str, Any]:
    """The content of a YAML file. Raises `IngestError` if it cannot be read."""
    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        return yaml.load(path.read_text(encoding="utf-8"), loader)
    except (OSError, yaml.YAMLError) as error:
        raise IngestError(f"{path.name} cannot be read: {error}") from error


def _table(data: dict[str, Any]) -> Table:
    load = data.get("load") or {}
    columns = tuple(_column(column) for column in data["columns"] if not column.get("exclude"))
    by_name = {column.name: column for column in columns}
    key = tuple(data.get("key") or ())
    # Rows can only be merged by a complete key; otherwise the table is loaded in full.
    has_key = bool(key) and all(name in by_name for name in key)
    incremental = load.get("mode") == "incremental" and has_key
    return Table(
        name=data["name"],
        schema=data.get("schema"),
        origin=_origin(data),
        role=data.get("role", "dimension"),
        key=key if has_key else (),
        unique=tuple(tuple(names) for names in data.get("unique") or ()),
        references=tuple(_references(data)),
        columns=columns,
        excluded=frozenset(_origin(column) for column in data["columns"] if column.get("exclude")),
        cursor=by_name.get(load.get("cursor")) if incremental else None,
        lag=_seconds(load.get("lag")),
        marks_deletes=load.get("deletes") == "mark" and has_key,
        line_of=data.get("line_of"),
        event_time=data.get("event_time"),
        format=data.get("format") or {},
        former=_former(data),
    )


def _column(data: dict[str, Any]) -> Column:
    return Column(
        name=data["name"],
        origin=_origin(data),
        type=data["type"],
        required=bool(data.get("required")),
        unique=bool(data.get("unique")),
        values=tuple(data.get("values") or ()),
        min=data.get("min"),
        max=data.get("max"),
        pii=data.get("pii"),
        source_type=data.get("source_type"),
        former=_former(data),
    )


def _origin(data: dict[str, Any]) -> str:
    origin = data.get("origin")
    return data["name"] if origin is None else str(origin)


def _former(data: dict[str, Any]) -> tuple[str, ...]:
    """The previous names, newest first."""
    newest = data.get("renamed_from")
    return (newest, *(data.get("older_names") or ())) if newest else ()


def _references(data: dict[str, Any]) -> list[Reference]:
    single = [
        Reference((column["name"],), *_target(column["references"]))
        for column in data["columns"]
        if column.get("references")
    ]
    several = [
        Reference(tuple(item["columns"]), item["to"], tuple(item["to_columns"]))
        for item in data.get("references") or ()
    ]
    return single + several


def _target(reference: str) -> tuple[str, tuple[str, ...]]:
    table, _, column = reference.partition(".")
    return table, (column,)


def _without_broken_references(table: Table, tables: list[Table]) -> Table:
    """Drop references from or to columns that are not loaded."""
    loaded = {(t.name, column.name) for t in tables for column in t.columns}
    kept = tuple(
        reference
        for reference in table.references
        if {(table.name, name) for name in reference.columns} <= loaded
        and {(reference.to, name) for name in reference.to_columns} <= loaded
    )
    return replace(table, references=kept)


def _seconds(lag: str | None) -> int:
    if not lag:
        return 0
    number, unit = lag.split()
    return int(number) * SECONDS[unit.removesuffix("s")]
