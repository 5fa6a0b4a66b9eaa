"""Keys that public data sets declare are found again in their rows after all constraints are dropped."""

from __future__ import annotations

import json
import os

import pytest

from platform_new.introspect import introspect

pytestmark = pytest.mark.proof
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")

FOUND = {"chinook": (1.0, 1.0), "northwind": (1.0, 0.7), "pagila": (1.0, 0.9)}
"""The least precision and recall of the foreign keys; tables without rows have no key that could be found."""

UNDECLARED = {
    ("payment", ("customer_id",), "customer"),
    ("payment", ("rental_id",), "rental"),
    ("payment", ("staff_id",), "staff"),
    ("store", ("manager_staff_id",), "staff"),
}
"""Foreign keys of pagila that it declares for partitions only, or, as for the manager of a store, not at all."""

DROP = """
do $$
declare each record;
begin
    for each in
        select conrelid::regclass as of_table, conname from pg_constraint
        where contype in ('f', 'p', 'u') and connamespace = 'public'::regnamespace and conparentid = 0
        order by contype <> 'f'
    loop
        execute format('alter table %s drop constraint %I cascade', each.of_table, each.conname);
    end loop;
    for each in
        select indexrelid::regclass as index from pg_index
        where indisunique and indrelid in (select oid from pg_class where relnamespace = 'public'::regnamespace)
        and not exists (select from pg_inherits where inhrelid = indexrelid)
    loop
        execute format('drop index %s', each.index);
    end loop;
end $$
"""


@pytest.fixture
def without_keys(load_dataset, postgres_url):
    """Makes a copy of a data set that declares no keys; returns its address."""
    import psycopg

    def make(name: str) -> str:
        load_dataset(name)
        copy = f"{name}_without_keys{WORKER}"
        with psycopg.connect(f"{postgres_url}/postgres", autocommit=True) as connection:
            connection.execute("select pg_advisory_lock(hashtext(%s))", [name])
            connection.execute(f"drop database if exists {copy} with (force)")
            connection.execute(f"create database {copy} template {name}")
        with psycopg.connect(f"{postgres_url}/{copy}", autocommit=True) as connection:
            connection.execute(DROP)
        return f"{postgres_url}/{copy}"

    return make


@pytest.mark.parametrize("name", FOUND)
def test_keys_are_found_again(without_keys, datasets, name):
    truth = json.loads((datasets / name / "truth.json").read_text())
    tables = [each for each in truth["tables"] if "view" not in each.get("kind", "table")]
    expected = {
        (each["name"], tuple(sorted(key["columns"])), key["ref_table"])
        for each in tables
        if not each.get("partition_of")
        for key in each["foreign_keys"]
    }
    source = introspect(without_keys(name)).source
    found = {
        (table.name, (column.name,), column.references.partition(".")[0])
        for table in source.tables
        for column in table.columns
        if column.references
    } | {(table.name, tuple(sorted(each.columns)), each.to) for table in source.tables for each in table.references}
    found -= UNDECLARED
    precision, recall = FOUND[name]
    assert len(found & expected) >= precision * len(found), sorted(found - expected)
    assert len(found & expected) >= recall * len(expected), sorted(expected - found)
    keys = {each["name"]: each["primary_key"] for each in tables if each["row_count"] and each["primary_key"]}
    wrong = {table.name: table.key for table in source.tables if set(table.key) != set(keys.get(table.name, table.key))}
    assert len(wrong) <= 1, wrong
