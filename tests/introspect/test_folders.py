"""Introspects folders of files."""

from __future__ import annotations

import gzip

import duckdb
import pytest
from looking import look, roles

from platform_new.errors import Refused
from platform_new.introspect import introspect


@pytest.fixture
def shop(tmp_path):
    folder = tmp_path / "Shop"
    (folder / "events").mkdir(parents=True)
    (folder / "other").mkdir()
    (folder / "customers.csv").write_text(
        "id,name,zip,email\n1,Ann,01234,a@b.co\n2,Bob,12345,b@b.co\n3,Cid,00001,c@c.co\n"
    )
    with gzip.open(folder / "orders.csv.gz", "wt") as file:
        file.write(
            "order_id,customer_id,order_date,total\n10,1,2024-01-02,9.5\n11,1,2024-01-03,9.5\n12,3,2024-01-04,7\n"
        )
    (folder / "order_items.jsonl").write_text(
        '{"id": 1, "order_id": 10, "qty": 2, "meta": {"x": 1}}\n{"id": 2, "order_id": 11, "qty": 3, "meta": null}\n'
    )
    for name, number in (("a", 1), ("b", 2)):
        path = folder / "events" / f"{name}.parquet"
        duckdb.sql(f"select {number} as id, timestamptz '2024-01-01' as at").write_parquet(str(path))
    (folder / "other" / "x.csv").write_text("p\n1\n")
    (folder / "other" / "y.csv").write_text("q\n1\n")
    (folder / "empty.csv").write_text("")
    (folder / "notes.txt").write_text("not a table")
    (folder / "broken.parquet").write_text("no parquet")
    return folder


def test_each_file_or_folder_of_parts_is_a_table(shop):
    source, sighting = look(shop)
    assert (source.name, source.kind) == ("shop", "files")
    assert {table.name: table.origin for table in source.tables} == {
        "customers": "customers.csv",
        "orders": "orders.csv.gz",
        "order_items": "order_items.jsonl",
        "events": "events/*.parquet",
        "other_x": "other/x.csv",
        "other_y": "other/y.csv",
    }
    left_out = sighting.reasons["tables",]
    assert "empty.csv is empty" in left_out and "broken.parquet cannot be read" in left_out
    assert str(shop) not in left_out


def test_keys_and_references_hold_for_all_rows(shop):
    source, sighting = look(shop)
    assert roles(source) == {
        "customers": "dimension",
        "orders": "fact",
        "order_items": "line of orders",
        "events": "fact",
        "other_x": "dimension",
        "other_y": "dimension",
    }
    assert source.table("orders").key == ("order_id",)
    assert source.table("orders").column("customer_id").references == "customers.id"
    assert sighting.reasons["tables", "orders", "columns", "customer_id", "references"].startswith(
        "inferred from its name; all 2 sampled values exist"
    )
    (shop / "customers.csv").write_text("id,name,zip,email\n7,Ann,01234,a@b.co\n")
    assert look(shop)[0].table("orders").column("customer_id").references is None
    (shop / "customers.csv").write_text("id,name,zip,email\n1,Ann,01234,a@b.co\n1,Ann,01234,a@b.co\n")
    assert look(shop)[0].table("customers").key == ()


def test_codes_keep_their_zeros_and_nested_values_are_json(shop):
    source, _ = look(shop)
    assert source.table("customers").column("zip").type == "text"
    assert source.table("order_items").column("meta").type == "json"
    assert source.table("events").rows == 2


def test_awkward_file_names(tmp_path):
    for name in ("We Ird (1).csv", "data[2024].csv", "it's.csv", "Größe.CSV", "data.csv", "data.json"):
        (tmp_path / name).write_text('[{"a": 1}]' if name.endswith("json") else "a,b\n1,2\n")
    tables = {table.origin: table.name for table in look(tmp_path, name="My Files")[0].tables}
    assert tables == {
        "We Ird (1).csv": "we_ird_1",
        "data?2024?.csv": "data_2024",
        "it's.csv": "it_s",
        "Größe.CSV": "grosse",
        "data.csv": "data",
        "data.json": "data_2",
    }


@pytest.mark.parametrize("content", [(), ("notes.txt",), (".hidden.csv",)])
def test_a_folder_without_tables_is_refused(tmp_path, content):
    for name in content:
        (tmp_path / name).write_text("a\n1\n")
    with pytest.raises(Refused, match="no tables"):
        introspect(str(tmp_path))
