"""What counts as a change, and whether it is breaking."""

from __future__ import annotations

from typing import Any

import pytest
from effort import cases
from hypothesis import given
from hypothesis import strategies as st
from strategies import specs

from platform_new.catalog import load_catalog
from platform_new.edit.rewrite import rewrite_source
from platform_new.introspect import Introspection
from platform_new.introspect.known_names import with_names_of
from platform_new.refresh.compare import compare
from platform_new.refresh.drift import drift
from platform_new.refresh.follow import follow
from platform_new.refresh.types import Step, is_compatible, step
from platform_new.spec.load import parse_source
from platform_new.spec.models import Column, Load, Platform, Reference, Source, Spec, Table
from platform_new.spec.rules import check
from platform_new.spec.write import source_yaml

CATALOG = load_catalog()
ACME = Platform(name="acme")


def shop(**orders: Any) -> Source:
    """Customers and their orders; `orders` overrides fields of the orders table."""
    columns = (
        Column(name="order_id", type="bigint", required=True),
        Column(name="customer_id", type="bigint", references="customers.customer_id"),
        Column(name="status", type="text", values=("open", "paid"), required=True),
        Column(name="amount", type="numeric(10, 2)", min=0, max=100),
        Column(name="ordered_at", type="timestamp"),
    )
    return Source(
        name="shop",
        kind="postgres",
        tables=(
            Table(
                name="customers",
                key=("customer_id",),
                columns=(Column(name="customer_id", type="bigint", required=True), Column(name="email", type="text")),
            ),
            Table(**{"name": "orders", "role": "fact", "key": ("order_id",), "columns": columns, **orders}),
        ),
    )


def with_column(name: str, **fields: Any) -> Source:
    """The shop with one column of its orders changed or added."""
    source = shop()
    columns = [
        column.model_copy(update=fields) if column.name == name else column for column in source.table("orders").columns
    ]
    if source.table("orders").column(name) is None:
        columns.append(Column(name=name, **fields))
    return shop(columns=tuple(columns))


def without_column(name: str) -> Source:
    """The shop without a column of its orders."""
    return shop(columns=tuple(column for column in shop().table("orders").columns if column.name != name))


CHANGES = [
    (with_column("note", type="text"), "column added", True),
    (with_column("note", type="text", exclude="a search index"), "column ignored", True),
    (without_column("amount"), "column removed", False),
    (with_column("amount", exclude="spatial data"), "column excluded", False),
    (shop(exclude="the user may not read it"), "table excluded", False),
    (with_column("amount", type="numeric(12, 2)"), "type widened", True),
    (with_column("amount", type="numeric(8, 2)"), "type narrowed", False),
    (with_column("amount", type="text"), "type widened", False),
    (with_column("amount", type="boolean"), "type changed", False),
    (with_column("status", source_type="citext"), "source type changed", True),
    (with_column("status", required=False), "nullable", False),
    (with_column("amount", required=True), "required", True),
    (with_column("status", values=("open", "paid", "sent")), "values added", False),
    (with_column("status", values=("paid",)), "values removed", True),
    (with_column("status", values=None), "values unrestricted", False),
    (with_column("ordered_at", values=("2024-01-01",)), "values restricted", True),
    (with_column("amount", min=1), "min changed", True),
    (with_column("amount", min=-1), "min changed", False),
    (with_column("amount", min=None), "min removed", False),
    (with_column("amount", max=101), "max changed", False),
    (with_column("amount", max=99.5), "max changed", True),
    (with_column("amount", unique=True), "unique added", True),
    (shop(unique=(("status", "amount"),)), "unique added", True),
    (shop(key=("order_id", "status")), "key changed", False),
    (shop(key=()), "key removed", False),
    (with_column("customer_id", references=None), "reference removed", False),
    (with_column("customer_id", references="orders.order_id"), "reference changed", False),
]


@pytest.mark.parametrize(("seen", "kind", "compatible"), CHANGES, ids=[f"{kind}-{ok}" for _, kind, ok in CHANGES])
def test_a_change_is_named_and_marked(seen: Source, kind: str, compatible: bool):
    """Each difference is one change of its kind; a changed key can also change the nullability of its columns."""
    found = {change.kind: change for change in compare(shop(), seen)}
    assert (
        found.keys() - {"nullable", "required", "unique removed"} == {kind} - {"nullable", "required"} or kind in found
    )
    assert found[kind].compatible is compatible
    assert found[kind].because


def test_a_key_with_an_excluded_column_is_not_a_key():
    """The spec cannot name half a key, so it would be reported each time; only the not-null constraints remain."""
    source = with_column("secret", type="text", exclude="ours alone")
    tables = tuple(
        table.model_copy(update={"key": ("secret", "status")}) if table.name == "orders" else table
        for table in source.tables
    )
    seen = with_names_of(source, Introspection(source.model_copy(update={"tables": tables}))).source
    changes = compare(source, seen)
    assert [change.kind for change in changes if change.path[-1] == "key"] == ["key removed"]
    assert compare(follow(source, seen, changes, CATALOG).source, seen) == ()


def test_tables_are_added_and_removed():
    """A removed table is breaking; a new table is compatible, and not loaded until it is added to the spec."""
    source = shop()
    renamed = source.table("customers").model_copy(update={"name": "clients"})
    found = {change.kind: change for change in compare(source, source.model_copy(update={"tables": (renamed,)}))}
    assert found.keys() == {"table removed", "table added"}
    assert not found["table removed"].compatible
    assert found["table added"].compatible


def test_a_possible_rename_is_only_a_hint():
    """A removed column and a similar new one may be a rename; the hint says how to record it."""
    columns = tuple(
        column.model_copy(update={"name": "customer_email"}) if column.name == "email" else column
        for column in shop().table("customers").columns
    )
    source = shop()
    seen = source.model_copy(
        update={"tables": (source.table("customers").model_copy(update={"columns": columns}), source.table("orders"))}
    )
    gone, new = compare(source, seen)
    assert (gone.kind, new.kind) == ("column removed", "column added")
    assert "origin: customer_email" in gone.hint


def test_owners_decisions_are_not_differences():
    """Owners decide roles, loads, descriptions, personal data, row counts and exclusions."""
    source = with_column("amount", description="Ours", pii="other")
    table = source.table("orders")
    excluded = tuple(
        column.model_copy(update={"exclude": "not needed"}) if column.name == "ordered_at" else column
        for column in table.columns
    )
    ours = table.model_copy(update={"columns": excluded, "role": "dimension", "rows": 5, "description": "Ours"})
    known = source.model_copy(update={"tables": (source.table("customers"), ours)})
    assert compare(known, without_column("ordered_at")) == ()


def test_renamed_tables_and_columns_match_their_origin():
    """A renamed table or column still matches its origin, and so do references to it."""
    customers = Table(
        name="clients",
        origin="customers",
        key=("client_id",),
        columns=(
            Column(name="client_id", origin="customer_id", type="bigint", required=True),
            Column(name="email", type="text"),
        ),
    )
    orders = shop().table("orders")
    columns = tuple(
        column.model_copy(update={"references": "clients.client_id"}) if column.references else column
        for column in orders.columns
    )
    known = shop().model_copy(update={"tables": (customers, orders.model_copy(update={"columns": columns}))})
    assert compare(known, with_names_of(known, Introspection(shop())).source) == ()


def test_an_owners_edit_is_not_drift():
    """Where the source did not change since the last introspection, the spec stands; where it changed, it does not."""
    last = Introspection(with_column("customer_id", references=None))
    known = shop()
    found = drift(known, last, last, ACME, CATALOG)
    assert found.changes == ()
    assert [change.kind for change in found.own] == ["reference removed"]
    moved = Introspection(with_column("customer_id", references=None, type="integer"))
    assert [assessed.change.kind for assessed in drift(known, moved, last, ACME, CATALOG).changes] == ["type narrowed"]


def test_the_impact_of_a_change_is_reported():
    """A removed column affects its tests and the marts that show it; the major version rises."""
    found = drift(shop(), Introspection(without_column("status")), None, ACME, CATALOG)
    (assessed,) = found.changes
    assert not assessed.compatible
    assert assessed.consequence.models == ("stg_shop__orders", "fct_orders")
    assert assessed.consequence.contracts == (
        "contracts/inbound/shop/orders.odcs.yaml",
        "contracts/outbound/fct_orders.odcs.yaml",
    )
    assert "- not_null of stg_shop__orders.status" in assessed.consequence.tests
    assert found.versions == {"orders": ("1.0.0", "2.0.0")}


def test_a_compatible_change_that_takes_something_from_a_mart_is_breaking():
    """A lookup that a dimension starts to reference is folded into it, so the lookup's own mart is removed."""
    city = Table(name="cities", role="reference", key=("city_id",), columns=(Column(name="city_id", type="bigint"),))
    columns = (Column(name="customer_id", type="bigint", required=True), Column(name="city_id", type="bigint"))
    customers = Table(name="customers", key=("customer_id",), columns=columns)
    known = Source(name="shop", kind="postgres", tables=(customers, city))
    pointing = columns[1].model_copy(update={"references": "cities.city_id"})
    seen = known.model_copy(update={"tables": (customers.model_copy(update={"columns": (columns[0], pointing)}), city)})
    (assessed,) = drift(known, Introspection(seen), None, ACME, CATALOG).changes
    assert assessed.change.compatible
    assert not assessed.compatible
    assert "dim_cities" in assessed.because


def test_obsolete_keys_are_dropped_and_reported():
    """Without its cursor column, a table is loaded in full; `event_time` is dropped with its column."""
    known = shop(event_time="ordered_at", load={"mode": "incremental", "cursor": "ordered_at", "lag": "1 day"})
    found = drift(known, Introspection(without_column("ordered_at")), None, ACME, CATALOG)
    orders = found.after.table("orders")
    assert (orders.load.mode, orders.load.cursor, orders.load.lag, orders.event_time) == ("full", None, None, None)
    assert {dropped.place for dropped in found.dropped} == {
        "orders.event_time",
        "orders.load.cursor",
        "orders.load.mode",
        "orders.load.lag",
    }


def test_a_column_that_becomes_the_key_loses_its_type_of_history():
    def keyed(*key: str, **email: Any) -> Source:
        source = shop()
        customers = source.table("customers")
        columns = (customers.columns[0], customers.columns[1].model_copy(update=email))
        changed = customers.model_copy(update={"key": key, "columns": columns})
        return source.model_copy(update={"tables": (changed, source.table("orders"))})

    found = drift(keyed("customer_id", history=3), Introspection(keyed("email")), None, ACME, CATALOG)
    assert found.after.table("customers").column("email").history is None
    assert [dropped.place for dropped in found.dropped] == ["customers.email.history"]


@pytest.mark.parametrize(
    ("before", "after", "took", "compatible"),
    [
        ("smallint", "bigint", Step.WIDENED, True),
        ("bigint", "integer", Step.NARROWED, False),
        ("integer", "numeric(12, 0)", Step.WIDENED, False),
        ("bigint", "numeric(18, 0)", Step.NARROWED, False),
        ("numeric(10, 2)", "numeric(12, 4)", Step.WIDENED, True),
        ("numeric(10, 2)", "numeric(10, 4)", Step.CHANGED, False),
        ("numeric(10, 2)", "numeric", Step.WIDENED, True),
        ("numeric(10,2)", "numeric(10, 2)", Step.SAME, True),
        ("real", "double", Step.WIDENED, True),
        ("integer", "double", Step.WIDENED, False),
        ("bigint", "double", Step.CHANGED, False),
        ("date", "timestamp", Step.WIDENED, False),
        ("timestamp", "timestamptz", Step.CHANGED, False),
        ("uuid", "text", Step.WIDENED, True),
        ("boolean", "text", Step.WIDENED, False),
        ("text", "date", Step.NARROWED, False),
        ("binary", "text", Step.CHANGED, False),
    ],
)
def test_types_are_ordered(before: str, after: str, took: Step, compatible: bool):
    """A wider type holds every previous value; it is compatible if the contract's logical type stays."""
    assert step(before, after) is took
    assert is_compatible(before, after) is compatible


@cases(20)
@given(specs())
def test_a_source_that_has_not_changed_has_not_drifted(spec: Spec):
    for source in spec.sources:
        assert compare(source, with_names_of(source, Introspection(source)).source) == ()


@cases(20)
@given(specs(max_sources=1), st.data())
def test_after_applying_all_changes_no_difference_is_left(spec: Spec, data: st.DataObject):
    """However a source changes, the spec with the changes applied can be written and matches the source."""
    for known in spec.sources:
        seen = data.draw(changed(known))
        seen = with_names_of(known, Introspection(seen)).source
        tables = tuple(table for table in seen.tables if known.table(table.name) is None and not table.exclude)
        grown = known.model_copy(update={"tables": (*known.tables, *tables)})
        changes = compare(grown, seen)
        followed = follow(grown, seen, changes, CATALOG).source
        assert compare(followed, seen) == ()
        text = rewrite_source(source_yaml(grown), "sources/shop.yml", followed)
        assert parse_source(text, "sources/shop.yml") == followed
        left = check(Spec.model_construct(platform=None, sources=(followed,)), CATALOG)
        assert all(finding.path in (("tables",), ("columns",)) or "columns" in finding.path for finding in left)


@st.composite
def changed(draw: st.DrawFn, source: Source) -> Source:
    """A changed source: other types, keys and columns, and fewer tables."""
    tables = []
    for table in source.tables:
        fate = draw(st.sampled_from(["as it was", "changed", "changed", "gone"]))
        if fate == "changed":
            table = draw(_changed_table(table))
        if fate != "gone" or table is source.tables[-1]:
            tables.append(table)
    names = {table.name: {column.name for column in table.columns} for table in tables}
    source = source.model_copy(update={"tables": tuple(_without_dangling(table, names) for table in tables)})
    # Like introspection, omit what a spec cannot express.
    return follow(source, source, (), CATALOG).source


@st.composite
def _changed_table(draw: st.DrawFn, table: Table) -> Table:
    columns = []
    for column in table.columns:
        fate = draw(st.sampled_from(["as it was", "as it was", "type", "required", "unique", "gone"]))
        if fate == "type":
            columns.append(
                Column(name=column.name, origin=column.origin, type=draw(st.sampled_from(["text", "bigint", "date"])))
            )
        elif fate in ("required", "unique"):
            columns.append(column.model_copy(update={fate: not getattr(column, fate)}))
        elif fate == "as it was" or len(table.columns) == 1:
            columns.append(column)
    if not columns or draw(st.booleans()):
        columns.append(Column(name="something_new", type="uuid"))
    names = [column.name for column in columns]
    key = tuple(draw(st.lists(st.sampled_from(names), max_size=2, unique=True)))
    return table.model_copy(update={"columns": tuple(columns), "key": key, "load": Load()})


def _without_dangling(table: Table, names: dict[str, set[str]]) -> Table:
    """The table without dangling references, as in a real source."""
    own = names[table.name]

    def leads(reference: str | None) -> bool:
        to, _, column = (reference or "").partition(".")
        return column in names.get(to, ())

    columns = tuple(
        column if leads(column.references) else column.model_copy(update={"references": None})
        for column in table.columns
    )
    references: tuple[Reference, ...] = tuple(
        each
        for each in table.references
        if set(each.columns) <= own and set(each.to_columns) <= names.get(each.to, set())
    )
    return table.model_copy(
        update={
            "columns": columns,
            "references": references,
            "unique": tuple(each for each in table.unique if set(each) <= own and set(each) != set(table.key)),
            "event_time": None,
            "line_of": None,
            "history": None,
        }
    )
