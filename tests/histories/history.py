"""A history: a source of a few tables, how each is loaded, and the events of each day before the next run.

A history is plain data, so that a failing history can be printed, kept and replayed.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

Row = dict[str, Any]
Event = list[Any]
"""A verb and its arguments, such as `["update", "orders", 3, {"amount": "9.50"}]`: a method of `source.Source`, or a
change that `play` makes to the spec."""

COLUMNS: dict[str, dict[str, str]] = {
    "cities": {"city_id": "integer", "city": "text", "updated_at": "timestamp"},
    "customers": {"customer_id": "integer", "name": "text", "city_id": "integer", "updated_at": "timestamp"},
    "orders": {
        "order_id": "integer",
        "customer_id": "integer",
        "ordered_at": "timestamp",
        "amount": "numeric(6, 2)",
        "items": "integer",
        "updated_at": "timestamp",
    },
    "order_lines": {"line_id": "integer", "order_id": "integer", "quantity": "integer", "updated_at": "timestamp"},
    "readings": {"sensor": "text", "value": "integer"},
}
"""The columns of every table on the first day, with their types in the spec."""
KEYS = {"cities": "city_id", "customers": "customer_id", "orders": "order_id", "order_lines": "line_id"}
"""The tables that have a key; `readings` has no key, and may hold identical rows."""
REFERENCES = {
    ("customers", "city_id"): "cities.city_id",
    ("orders", "customer_id"): "customers.customer_id",
    ("order_lines", "order_id"): "orders.order_id",
}
FACTS = ("orders", "order_lines", "readings")
CURSOR = "updated_at"
Types = dict[str, dict[str, int]]
"""By table, the types of history of its columns in the spec; `_` is the type of the table itself."""
TABLE = "_"


@dataclass(frozen=True)
class Loading:
    """How a table is loaded: `full`, `incremental`, or `mark` for incremental with `deletes: mark`."""

    mode: str = "full"
    lag_days: int = 0

    @property
    def incremental(self) -> bool:
        return self.mode != "full"


@dataclass(frozen=True)
class Day:
    """The events at the source and in the spec, then the run: its arguments, and how it is run."""

    events: list[Event] = field(default_factory=list)
    run: list[str] = field(default_factory=list)
    how: str = "run"
    """`run` for run.py, `load` for `python -m ingest`, `kill` for run.py that is killed after `run[0]` seconds and then
    run again, `two` for run.py during a load of the window from `run[0]` to `run[1]`."""


@dataclass(frozen=True)
class History:
    """A source on an engine, its rows on the first day, and the days that follow the first run."""

    engine: str
    loading: dict[str, Loading]
    rows: dict[str, list[Row]]
    days: list[Day]
    target: str = "local"
    builds: bool = True
    """Whether each run also builds the models; without models a history takes a quarter of the time."""
    types: Types = field(default_factory=dict)
    modeling: str = "star"
    """The modelling style, which has the marts of a star."""
    facts: str = "rebuild"
    """What a run does with facts."""

    @property
    def follows(self) -> bool:
        """Whether an event updates the spec to the source."""
        return any(event[0] == "follow" for day in self.days for event in day.events)

    def script(self) -> str:
        """The history as JSON that `python -m histories.play` replays."""
        return json.dumps(asdict(self), indent=1)

    @staticmethod
    def read(script: str) -> History:
        """The history that a script holds."""
        data = json.loads(script)
        return History(
            engine=data["engine"],
            loading={name: Loading(**loading) for name, loading in data["loading"].items()},
            rows=data["rows"],
            days=[Day(**day) for day in data["days"]],
            target=data["target"],
            builds=data.get("builds", True),
            types=data.get("types", {}),
            modeling=data.get("modeling", "star"),
            facts=data.get("facts", "rebuild"),
        )


def spec_of(history: History) -> dict[str, Any]:
    """The spec of the platform before the first day, as `platform-new --spec` reads it."""
    tables = [_table(history, name) for name in COLUMNS]
    source = {"name": "shop", "kind": KINDS[history.engine], "tables": tables}
    return {
        "warehouse": WAREHOUSES[history.target],
        "orchestrator": "none",
        "ci": "none",
        "modeling": history.modeling,
        "facts": history.facts,
        "sources": [source],
    }


def load_of(loading: Loading) -> dict[str, Any]:
    """How a table is loaded, as in the spec."""
    if not loading.incremental:
        return {"mode": "full"}
    lag = {"lag": f"{loading.lag_days} days"} if loading.lag_days else {}
    deletes = {"deletes": "mark"} if loading.mode == "mark" else {}
    return {"mode": "incremental", "cursor": CURSOR, **lag, **deletes}


WAREHOUSES = {"local": "duckdb", "prod": "postgres", "lake": "ducklake"}
KINDS = {"sqlite": "sqlite", "postgres": "postgres", "mariadb": "mysql", "duckdb": "duckdb"}
SCHEMAS = {"postgres": "public", "duckdb": "main", "mariadb": "{database}", "sqlite": None}


def _table(history: History, name: str) -> dict[str, Any]:
    loading, types = history.loading.get(name, Loading()), history.types.get(name, {})
    table: dict[str, Any] = {"name": name, "role": "fact" if name in FACTS else "dimension"}
    if schema := SCHEMAS[history.engine]:
        table["schema"] = schema
    if name == "orders":
        table["event_time"] = "ordered_at"
    if name == "order_lines":
        table["line_of"] = "orders"
    table["load"] = load_of(loading)
    if key := KEYS.get(name):
        table["key"] = [key]
    if TABLE in types:
        table["history"] = types[TABLE]
    table["columns"] = [
        {"name": column, "type": type_}
        | ({"required": True} if column == KEYS.get(name) else {})
        | ({"history": types[column]} if column in types else {})
        | ({"references": REFERENCES[name, column]} if (name, column) in REFERENCES else {})
        # Cities are a dimension and folded into customers, so that a history changes both.
        | ({"fold": True} if (name, column) == ("customers", "city_id") else {})
        for column, type_ in COLUMNS[name].items()
    ]
    return table
