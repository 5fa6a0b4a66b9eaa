"""Sample data keeps every promise of the spec."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import pytest
from ingest_repository import sample_maker

pytest.importorskip("dlt")


def column(name: str, type_: str = "integer", **more: Any) -> dict[str, Any]:
    return {"name": name, "type": type_, **more}


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A function from a spec to its source and its sample tables."""
    with sample_maker(tmp_path_factory.mktemp("repository")) as make:
        yield make


def broken_promises(read: Any, tables: dict[str, dict[str, list[Any]]]) -> list[str]:
    """The violations of the spec in the tables."""
    import pyarrow as pa
    from ingest.column_types import arrow_type
    from sample.domain import allowed, bounds

    found = []
    for table in read.tables:
        rows = tables[table.name]
        lengths = {len(values) for values in rows.values()}
        if len(lengths) != 1:
            found.append(f"{table.name}: columns of different lengths {lengths}")
        for each in table.columns:
            values = [value for value in rows[each.name] if value is not None]
            if (each.required or each.name in table.key) and len(values) != len(rows[each.name]):
                found.append(f"{table.name}.{each.name}: required, but missing")
            if each.values and set(values) - set(allowed(each)):
                found.append(f"{table.name}.{each.name}: not among the values")
            low, high = bounds(each)
            if any((low is not None and v < low) or (high is not None and v > high) for v in values):
                found.append(f"{table.name}.{each.name}: outside {low}..{high}")
            pa.array(rows[each.name], arrow_type(each.type))
        singles = [(each.name,) for each in table.columns if each.unique]
        for names in [table.key, *table.unique, *singles]:
            keys = [key for key in zip(*(rows[name] for name in names), strict=True) if None not in key]
            if len(keys) != len(set(keys)):
                found.append(f"{table.name}: {names} repeat")
        for reference in table.references:
            targets = set(zip(*(tables[reference.to][name] for name in reference.to_columns), strict=True))
            for key in zip(*(rows[name] for name in reference.columns), strict=True):
                if None not in key and key not in targets:
                    found.append(f"{table.name}: {reference} finds no {key}")
                    break
    return found


def test_parents_come_first_and_are_fewer(make: Any) -> None:
    """A fact has the requested number of rows, its dimension fewer, and all foreign keys have their row."""
    read, tables = make(
        {
            "name": "orders", "role": "fact", "key": ["id"],
            "columns": [
                column("id"),
                column("customer_id", references="customers.id", required=True),
                column("amount", "numeric(10, 2)", min=0),
            ],
        },
        {
            "name": "customers", "key": ["id"],
            "columns": [column("id"), column("email", "text", unique=True, pii="email")],
        },
    )  # fmt: skip
    assert len(tables["orders"]["id"]) == 300
    assert len(tables["customers"]["id"]) == 60
    assert not broken_promises(read, tables)


def test_cycles_of_required_references_are_filled(make: Any) -> None:
    """Two tables that require each other, such as shops and managers, both have rows."""
    read, tables = make(
        {
            "name": "store", "key": ["id"],
            "columns": [column("id"), column("manager_id", references="staff.id", required=True)],
        },
        {
            "name": "staff", "key": ["id"],
            "columns": [column("id"), column("store_id", references="store.id", required=True)],
        },
    )  # fmt: skip
    assert tables["store"]["id"] and tables["staff"]["id"]
    assert not broken_promises(read, tables)


def test_self_references_form_trees(make: Any) -> None:
    """Every row of a hierarchy has a path to a root, without cycles."""
    read, tables = make(
        {"name": "category", "key": ["id"], "columns": [column("id"), column("parent_id", references="category.id")]}
    )
    parents = dict(zip(tables["category"]["id"], tables["category"]["parent_id"], strict=True))
    assert any(parents.values())
    for start in parents:
        seen = set()
        while start is not None:
            assert start not in seen
            seen.add(start)
            start = parents[start]
    assert not broken_promises(read, tables)


def test_references_within_a_table_are_filled_in_their_order(make: Any) -> None:
    """A column can refer to one that refers to the key; one that refers to itself is as without a reference."""
    read, tables = make(
        {
            "name": "things", "key": ["id"],
            "columns": [
                column("next", references="things.twin", required=True),
                column("twin", references="things.id", required=True), column("id"),
                column("born", "date", references="things.born", required=True, min="9998-01-01"),
                column("share", "numeric(2, 2)", unique=True),
            ],
        }
    )  # fmt: skip
    assert tables["things"]["id"]
    assert not broken_promises(read, tables)


def test_bridges_hold_no_pair_twice(make: Any) -> None:
    """A bridge between small tables has at most one row per pair."""
    small = {"values": [1, 2, 3]}
    read, tables = make(
        {"name": "a", "key": ["id"], "columns": [column("id", **small)]},
        {"name": "b", "key": ["id"], "columns": [column("id", **small)]},
        {
            "name": "a_b", "role": "bridge", "key": ["a_id", "b_id"],
            "columns": [column("a_id", references="a.id"), column("b_id", references="b.id")],
        },
    )  # fmt: skip
    assert len(tables["a_b"]["a_id"]) == 9
    assert not broken_promises(read, tables)


def test_subtypes_share_their_parents_keys(make: Any) -> None:
    """A table whose key is a foreign key has at most one row per parent row."""
    read, tables = make(
        {"name": "party", "key": ["id"], "columns": [column("id")]},
        {"name": "person", "key": ["id"], "columns": [column("id", references="party.id"), column("name", "text")]},
    )
    assert tables["person"]["id"]
    assert not broken_promises(read, tables)


def test_overlapping_references_agree(make: Any) -> None:
    """Two composite references that share a column point to the same tenant."""
    tenant = column("tenant", required=True, references="tenants.id")
    read, tables = make(
        {"name": "tenants", "role": "reference", "key": ["id"], "columns": [column("id")]},
        {"name": "customers", "key": ["tenant", "id"], "columns": [tenant, column("id")]},
        {"name": "products", "key": ["tenant", "id"], "columns": [tenant, column("id")]},
        {
            "name": "sales", "role": "fact", "key": ["tenant", "id"],
            "columns": [tenant, column("id"), column("customer", required=True), column("product")],
            "references": [
                {"columns": ["tenant", "customer"], "to": "customers", "to_columns": ["tenant", "id"]},
                {"columns": ["tenant", "product"], "to": "products", "to_columns": ["tenant", "id"]},
            ],
        },
    )  # fmt: skip
    assert len(tables["sales"]["id"]) > 100
    assert not broken_promises(read, tables)


def test_a_change_is_never_before_its_creation(make: Any) -> None:
    """The cursor of a row is not before its time of creation, and no time depends on the clock."""
    _, tables = make(
        {
            "name": "orders", "role": "fact", "key": ["id"],
            "load": {"mode": "incremental", "cursor": "updated_at"},
            "columns": [
                column("id"), column("created_at", "timestamptz", required=True),
                column("updated_at", "timestamptz", required=True),
            ],
        }
    )  # fmt: skip
    orders = tables["orders"]
    assert all(c <= u for c, u in zip(orders["created_at"], orders["updated_at"], strict=True))
    assert {moment.year for moment in orders["updated_at"]} <= {2023, 2024}


def test_bounds_and_small_domains_hold(make: Any) -> None:
    """Ranges, value lists and precisions are kept, in keys as well."""
    read, tables = make(
        {
            "name": "things", "key": ["code", "active"], "unique": [["rank"]],
            "columns": [
                column("code", "text", values=["a", "b", "c"]), column("active", "boolean"),
                column("rank", "smallint", min=5, max=9), column("share", "numeric(3, 2)", min=0, max=1, required=True),
                column("tiny", "numeric(2, 2)"), column("score", "double", min=-1, max=1),
                column("born", "date", min="1990-01-01", max="1990-12-31"), column("below", "numeric(5, 1)", max=-3),
                column("at", "time", required=True), column("raw", "binary"),
                column("doc", "json"), column("uid", "uuid", unique=True),
            ],
        }
    )  # fmt: skip
    assert len(tables["things"]["code"]) == 5 or len(tables["things"]["code"]) == 6
    assert all(isinstance(value, Decimal) for value in tables["things"]["share"])
    assert not broken_promises(read, tables)


def test_the_same_spec_gives_the_same_rows(make: Any) -> None:
    """Sample data is deterministic."""
    table = {"name": "people", "key": ["id"], "columns": [column("id"), column("name", "text"), column("city", "text")]}
    assert make(table)[1] == make(table)[1]


@pytest.mark.parametrize("seed", range(60))
def test_any_spec_is_kept(make: Any, seed: int) -> None:
    """Random tables with random keys and references, including cycles, follow their spec."""
    read, tables = make(*random_tables(random.Random(seed)), rows=60)
    assert not broken_promises(read, tables)


def random_tables(chance: random.Random) -> list[dict[str, Any]]:
    types = ["integer", "smallint", "bigint", "text", "uuid", "date", "numeric(4, 1)", "boolean", "timestamptz"]
    names = [f"t{number}" for number in range(chance.randint(2, 7))]
    keys = {name: [f"k{i}" for i in range(chance.choice([1, 1, 1, 2]))] for name in names}
    types_of = {name: [chance.choice(types[:5]) for _ in keys[name]] for name in names}
    tables = []
    for name in names:
        columns = {k: column(k, t, required=True) for k, t in zip(keys[name], types_of[name], strict=True)}
        references = []
        for number in range(chance.randint(0, 3)):
            to = chance.choice(names)
            required = chance.random() < 0.5
            links = [f"r{number}_{k}" for k in keys[to]]
            if chance.random() < 0.2 and types_of[to] == types_of[name] and to != name:
                links = keys[name]
            for link, type_ in zip(links, types_of[to], strict=True):
                columns.setdefault(link, column(link, type_, required=required))
            if len(links) == 1:
                columns[links[0]].setdefault("references", f"{to}.{keys[to][0]}")
            else:
                references.append({"columns": links, "to": to, "to_columns": keys[to]})
        for number in range(chance.randint(0, 4)):
            extra = column(f"c{number}", chance.choice(types), required=chance.random() < 0.5)
            if chance.random() < 0.3:
                extra["unique"] = True
            columns[extra["name"]] = extra
        table = {"name": name, "key": keys[name], "columns": list(columns.values()), "references": references}
        table["role"] = chance.choice(["fact", "dimension", "bridge", "reference"])
        if chance.random() < 0.3:
            group = chance.sample(sorted(columns), min(2, len(columns)))
            table["unique"] = [group]
        tables.append(table)
    return tables
