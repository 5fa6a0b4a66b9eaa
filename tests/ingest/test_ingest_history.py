"""A loaded table while its source changes, misbehaves or cannot be read."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ingest_repository import environment, ingest, make_repository, write_source
from test_ingest_flow import COLUMNS, INCREMENTAL, Shop, shop

duckdb = pytest.importorskip("duckdb")
pytest.importorskip("dlt")

PHONE = {"name": "phone", "type": "text"}


@pytest.fixture
def source(tmp_path: Path) -> Shop:
    source = Shop(tmp_path)
    source.spec(INCREMENTAL)
    return source


def with_columns(*columns: dict[str, Any], load: dict[str, Any] | None = INCREMENTAL, **more: Any) -> dict[str, Any]:
    table = {"name": "orders", "key": ["order_id"], "columns": list(columns), **more}
    if load:
        table["load"] = load
    return {"name": "shop", "kind": "duckdb", "tables": [table]}


def at_source(source: Shop) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(source.path), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        return connection.execute("from orders order by all").fetchall()


def test_the_table_equals_its_source_whatever_the_cursors(source: Shop) -> None:
    """After a cursor in the future, a restored backup and a late commit, each load makes the table equal its source."""
    source.load()
    for change in (
        "update orders set updated_at = '2099-01-01 00:00:00+00' where order_id = 1",
        "update orders set status = 'new', updated_at = '2024-02-01 00:00:00+00' where order_id in (2, 90)",
    ):
        source.change(change)
        source.load()
        assert source.orders() == at_source(source)
    assert source.result()["rows"] == {"orders": 27}

    source.change(
        "update orders set status = 'restored', updated_at = '2024-01-02 00:00:00+00' where order_id in (1, 2, 90)"
    )
    assert "went back" in source.load()
    assert source.orders() == at_source(source)
    source.change("insert into orders values (200, 'soon', 1, '2024-01-05 04:00:00+00')")
    source.load()
    assert source.result()["rows"] == {"orders": 25} and source.orders() == at_source(source)

    source.change("insert into orders values (300, 'late', 1, '2020-01-01 00:00:00+00')")
    assert "orders: 1 of 102 rows were missing" in source.load()
    assert source.orders() == at_source(source)
    source.load()
    assert source.result()["rows"] == {"orders": 24} and source.result()["notes"] == []


def test_a_late_row_is_found_even_if_another_was_deleted(source: Shop) -> None:
    """With `deletes: mark`, the keys reveal it; otherwise, rows that only the warehouse has are kept and counted."""
    source.load()
    source.change("delete from orders where order_id = 7")
    assert "orders: 1 rows are no longer at the source" in source.load()
    source.spec({**INCREMENTAL, "deletes": "mark"})
    source.load()
    source.change(
        "delete from orders where order_id = 8", "insert into orders values (300, 'late', 1, '2020-01-01 00:00:00+00')"
    )
    assert "1 of 99 rows were missing" in source.load()
    assert [row for row in source.orders() if row[0] not in (7, 8)] == at_source(source)
    assert len(source.orders()) == 101


def test_a_new_column_is_filled_in_all_rows(source: Shop) -> None:
    """Added to the spec, no longer excluded, or restored at the source; rows that the source has purged stay."""
    source.change("alter table orders add column phone varchar", "update orders set phone = '+49' || order_id")
    write_source(source.root, with_columns(*COLUMNS, {**PHONE, "exclude": "not needed"}))
    source.load()
    source.change("delete from orders where order_id = 0")
    write_source(source.root, with_columns(*COLUMNS, PHONE))
    assert "older rows lack phone" in source.load()
    filled = "select count(*), count(phone), count(*) filter (where phone = '+49' || order_id) from raw_shop.orders"
    assert source.ask(filled) == [(100, 99, 99)]

    source.change("alter table orders rename column phone to fax")
    write_source(source.root, with_columns(*COLUMNS, PHONE, {"name": "fax", "type": "text"}))
    source.load()
    source.change("alter table orders rename column fax to phone", "update orders set phone = '+1' || order_id")
    write_source(source.root, with_columns(*COLUMNS, PHONE))
    source.load()
    assert source.ask("select count(*) from raw_shop.orders where phone = '+1' || order_id") == [(99,)]
    source.load()
    assert source.result()["rows"] == {"orders": 25}


@pytest.mark.parametrize("first", [True, False], ids=["first load", "later load"])
def test_of_two_rows_with_one_key_the_newest_is_loaded(source: Shop, first: bool) -> None:
    """In any order at the source; each load reports how many rows share a key, and does not fail."""
    if not first:
        source.load()
    source.change(
        "insert into orders values (500, 'new', 1, '2024-02-02 00:00:00+00')",
        "insert into orders values (500, 'old', 1, '2024-02-01 00:00:00+00')",
        "insert into orders values (500, 'none', 1, null)",
    )
    for _ in range(2):
        source.load()
        assert source.ask("select status from raw_shop.orders where order_id = 500") == [("new",)]


def test_a_type_changes_without_losing_rows(source: Shop) -> None:
    """Loaded rows are cast to a wider type; a type that they do not fit is refused, and other tables are loaded."""
    source.change("create table visits (visit_id bigint)", "insert into visits values (1)")
    visits = {"name": "visits", "columns": [{"name": "visit_id", "type": "bigint"}]}
    narrow = [{**c, "type": "numeric(6, 2)"} if c["name"] == "amount" else c for c in COLUMNS]
    spec = with_columns(*narrow)
    spec["tables"].append(visits)
    write_source(source.root, spec)
    source.load()
    with duckdb.connect(str(source.root / "data" / "local.duckdb")) as warehouse:
        warehouse.execute("create view raw_shop.seen as select order_id, status from raw_shop.orders")
    source.change("delete from orders where order_id < 10", "update orders set amount = 123456.75 where order_id = 20")
    spec["tables"][0] |= {"columns": COLUMNS}
    write_source(source.root, spec)
    source.load()
    assert source.ask(
        "select count(*), min(order_id), max(amount), any_value(typeof(amount)) from raw_shop.orders"
    ) == [(100, 0, 123456.75, "DECIMAL(12,2)")]

    before = source.orders()
    source.change("update orders set status = '1'", "insert into visits values (2)")
    spec["tables"][0] |= {"columns": [{**c, "type": "bigint"} if c["name"] == "status" else c for c in COLUMNS]}
    write_source(source.root, spec)
    said = source.load(fails=True)
    assert "column `status` cannot become BIGINT" in said
    assert "`python -m ingest shop --table orders --full`" in said
    assert source.orders() == before and source.ask("select count(*) from raw_shop.seen") == [(100,)]
    assert source.ask("select count(*) from raw_shop.visits") == [(2,)]
    assert set(source.result()["failed"]) == {"orders"} and source.result()["rows"] == {"visits": 2}
    source.load("shop", "--table", "orders", "--full")
    assert source.ask("select distinct status from raw_shop.orders") == [(1,)]


def test_a_replaced_table_keeps_its_rows_until_the_new_rows_are_complete(source: Shop) -> None:
    """A type changes in a table that is loaded in full: a failed load keeps its rows and the views on it."""
    write_source(source.root, with_columns(*COLUMNS, load=None))
    source.load()
    with duckdb.connect(str(source.root / "data" / "local.duckdb")) as warehouse:
        warehouse.execute("create view raw_shop.seen as select order_id from raw_shop.orders")
    before = source.orders()
    other = [{**c, "type": "bigint"} if c["name"] == "status" else c for c in COLUMNS]
    write_source(source.root, with_columns(*other, load=None))
    assert "sent" in source.load(fails=True)
    assert source.orders() == before and source.ask("select count(*) from raw_shop.seen") == [(100,)]
    source.change("update orders set status = '7'")
    source.load()
    assert source.ask("select distinct status from raw_shop.orders") == [(7,)]


def test_a_changed_key_matches_the_rows_of_the_former_key(source: Shop) -> None:
    """Rows are matched by the former key; if that is no longer loaded, the table is refused, with the fix."""
    source.load()
    source.change(
        "alter table orders add column number varchar", "update orders set number = 'N' || order_id",
        "delete from orders where order_id = 0",
    )  # fmt: skip
    number = {"name": "number", "type": "text"}
    write_source(source.root, with_columns(*COLUMNS, number, key=["number"]))
    assert "its key is now number, not order_id" in source.load()
    counts = "select count(*), count(distinct order_id), count(number) from raw_shop.orders"
    assert source.ask(counts) == [(100, 100, 99)]
    hidden = {**COLUMNS[0], "exclude": "internal"}
    sku = {"name": "sku", "type": "text"}
    source.change("alter table orders add column sku varchar", "update orders set sku = 'S' || order_id")
    write_source(source.root, with_columns(hidden, *COLUMNS[1:], sku, {**number, "exclude": "gone"}, key=["sku"]))
    said = source.load(fails=True)
    assert "new rows cannot be merged" in said and "`python -m ingest shop --table orders --full`" in said
    assert len(source.orders()) == 100
    source.load("shop", "--table", "orders", "--full")
    assert source.ask("select count(*), count(sku) from raw_shop.orders") == [(99, 99)]


@pytest.mark.parametrize("load", [None, {**INCREMENTAL, "deletes": "mark"}], ids=["full", "marked"])
def test_an_empty_source_table_does_not_empty_the_loaded_table(source: Shop, load: dict[str, Any] | None) -> None:
    """The loaded rows, or keys, stay until a load with `--accept-empty`."""
    source.spec(load)
    source.load()
    source.change("create table kept as from orders", "delete from orders")
    said = source.load(fails=True)
    assert "the table is empty at the source" in said
    assert "`python -m ingest shop --table orders --accept-empty`" in said
    landed = "raw_shop.orders" if load is None else "raw_shop.orders__keys"
    assert source.ask(f"select count(*) from {landed}") == [(100,)]
    source.load("shop", "--table", "orders", "--accept-empty")
    assert source.ask(f"select count(*) from {landed}") == [(0,)]
    source.load("shop", *(["--accept-empty"] if load is None else []))
    source.change("insert into orders from kept")
    source.load()
    assert source.ask(f"select count(*) from {landed}") == [(100,)]


def test_the_command_to_retry_has_the_options_of_the_load(source: Shop) -> None:
    """A full load is retried as a full load, and a window as the same window."""
    source.spec({**INCREMENTAL, "deletes": "mark"})
    source.load()
    source.change("create table kept as from orders", "delete from orders")
    said = source.load("shop", "--full", fails=True)
    assert "`python -m ingest shop --table orders --full --accept-empty`" in said
    source.load("shop", "--table", "orders", "--full", "--accept-empty")
    assert not source.orders()
    source.change("drop table orders", "create table orders as select * replace ('x' as amount) from kept")
    said = source.load("shop", "--from", "2024-01-01", "--to", "2024-01-03", fails=True)
    assert "`python -m ingest shop --table orders --from 2024-01-01 --to 2024-01-03`" in said
    source.load("shop", "--sample-rows", "9")
    (source.root / "data" / "local.duckdb").write_bytes(b"damaged" * 1000)
    said = source.load("shop", "--sample-rows", "9", fails=True)
    assert "`python -m ingest shop --sample-rows 9`" in said


def test_a_table_that_cannot_be_read_stops_no_other(source: Shop) -> None:
    """It is named with the database's message and the command to retry; the other tables are from one snapshot."""
    spec = shop(INCREMENTAL)
    broken = {"name": "broken", "columns": [{"name": "number", "type": "integer"}]}
    more = {"name": "more", "columns": [{"name": "id", "type": "integer"}]}
    spec["tables"] = [broken, *spec["tables"], more]
    write_source(source.root, spec)
    source.change("create table broken as select 'one' as number", "create table more as select 1 as id")
    said = source.load(fails=True)
    assert "shop.broken: failed" in said and "the value 'one' does not fit" in said
    assert "`python -m ingest shop --table broken`" in said and "StopIteration" not in said
    assert source.result()["rows"] == {"orders": 100, "more": 1}
    source.change("update broken set number = '1'")
    source.load()
    assert source.result()["rows"] == {"broken": 1, "orders": 25, "more": 1}


def test_two_loads_at_once_wait_for_each_other(source: Shop) -> None:
    """Both succeed, the second prints that it waits, and neither leaves files behind."""
    source.load()
    source.change(
        "insert into orders select i, 'more', 1, timestamptz '2024-03-01 00:00:00+00' from range(1000, 60000) r(i)"
    )
    stale = source.root / "data" / ".dlt" / "local" / "shop.stale"
    stale.mkdir(parents=True)
    command = [sys.executable, "-m", "ingest", "shop"]
    windows = ([], ["--from", "2024-01-01", "--to", "2024-01-02"], [])
    loads = [
        subprocess.Popen(
            [*command, *window], cwd=source.root, env=environment(SHOP_URL=str(source.path)),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        for window in windows
    ]  # fmt: skip
    said = [load.communicate()[0] for load in loads]
    assert [load.returncode for load in loads] == [0, 0, 0], said
    assert any("waiting for another load" in text for text in said)
    assert source.orders() == at_source(source)
    assert not [path for path in (source.root / "data" / ".dlt").rglob("*") if path.is_file()]


def test_damaged_records_are_rewritten(source: Shop) -> None:
    """The files next to the warehouse can be empty or truncated: the load still succeeds."""
    source.load()
    for text in ("", "[", "[]", '{"shop": '):
        for name in ("local.origin.json", "last_load.json"):
            (source.root / "data" / name).write_text(text)
        source.load()
    assert source.orders() == at_source(source)


ASK = """
import json, os, sys
from ingest.__main__ import main
found = []
for arguments in json.loads(sys.argv[1]):
    found.append(main(arguments))
print(json.dumps(found))
"""

MISUSES = [
    ["shop", "--to", "2024-01-01"],
    ["shop", "--from", "2024-02-01", "--to", "2024-01-01"],
    ["shop", "--from", "2024-02-01", "--to", "2024-02-01"],
    ["shop", "--from", "2024-02-01", "--full"],
    ["shop", "--from", "soon"],
    ["shop", "--from", ""],
    ["shop", "--from", "2024-02-01", "--to", "later"],
    ["shop", "--table", "orderz"],
    ["shoop"],
    ["shop", "--sample-rows", "0"],
]


def test_commands_that_make_no_sense_are_refused_before_anything_is_loaded(source: Shop) -> None:
    """The load exits with 2 and a one-line reason, and writes nothing."""
    done = subprocess.run(
        [sys.executable, "-c", ASK, json.dumps(MISUSES)],
        cwd=source.root, env=environment(SHOP_URL=str(source.path)), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert json.loads(done.stdout.splitlines()[-1]) == [2] * len(MISUSES), done.stdout
    assert len(done.stderr.splitlines()) == len(MISUSES)
    assert not (source.root / "data" / "local.duckdb").exists()
    wrong = subprocess.run(
        [sys.executable, "run.py", "--source", "shoop"], cwd=source.root, capture_output=True, text=True, check=False
    )
    assert wrong.returncode == 2 and "The sources are: shop" in wrong.stderr


SECRETS = """
import json, os, sys
from ingest.addresses import read_address
from ingest.errors import IngestError, explain, redact
told = []
for password in json.loads(sys.argv[1]):
    address = f"postgresql://reader:{password}@db.example.com:5432/shop"
    os.environ["SHOP_URL"] = address
    try:
        read_address(address, "SHOP_URL")
        said = ""
    except IngestError as error:
        said = explain(error)
    shown = [address, f"could not translate host name '{password}' to address", f"password={password}"]
    told.append([said, redact(" | ".join(shown)), redact("the latest pw of a table, apw")])
print(json.dumps(told))
"""


def test_no_password_is_shown_however_it_is_written(source: Shop) -> None:
    """A character that has to be encoded is named with its code; a short password is not masked inside other words."""
    awkward = {"%": "%25", " ": "%20", "@": "%40", "/": "%2F", "#": "%23", "?": "%3F", "[": "%5B"}
    passwords = [*(f"hun{character}ter22" for character in awkward), "s3cr3t%40word", "pw"]
    done = subprocess.run(
        [sys.executable, "-c", SECRETS, json.dumps(passwords)],
        cwd=source.root, env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for password, (said, shown, plain) in zip(passwords, json.loads(done.stdout), strict=True):
        code = next((f"write `{c}` as `{awkward[c]}`" for c in awkward if f"hun{c}ter22" == password), "")
        assert code in said and "ter22" not in said and bool(said) == bool(code)
        assert password not in shown.replace("host name 'pw'", "") and "ter22" not in shown
        assert plain == "the latest pw of a table, apw"


TIMES = {
    "plain": ("2024-01-01 00:00:00", "2024-01-31 12:30:00"),
    "iso": ("2024-01-01T00:00:00Z", "2024-01-31T12:30:00.250000Z"),
    "offset": ("2024-01-01T02:00:00+02:00", "2024-01-31T01:30:00.5-11:00"),
    "epoch": (1704067200, 1706704200),
    "julian": (2460310.5, 2460341.0208333),
}
"""A time of the first load and a time of a change, in each format that SQLite has."""


def test_sqlite_cursors_are_compared_as_times(tmp_path: Path) -> None:
    """Text with `T`, zone or fraction, seconds and Julian days: no change is missed, and no row is read every time."""
    path = tmp_path / "shop.sqlite"
    columns = [{"name": "id", "type": "bigint", "required": True}, {"name": "v", "type": "text"},
               {"name": "at", "type": "timestamptz"}]  # fmt: skip
    load = {"mode": "incremental", "cursor": "at"}
    tables = [{"name": name, "key": ["id"], "columns": columns, "load": load} for name in TIMES]
    root = make_repository(tmp_path / "repository", {"name": "shop", "kind": "sqlite", "tables": tables})

    def loaded(*arguments: str) -> dict[str, int]:
        done = ingest(root, *arguments, SHOP_URL=str(path))
        assert done.returncode == 0, done.stderr
        result = json.loads((root / "data" / "last_load.json").read_text())["shop"]
        assert not result["notes"], result["notes"]
        return result["rows"]

    with sqlite3.connect(path) as connection:
        for name, (old, _) in TIMES.items():
            connection.execute(f"create table {name} (id integer primary key, v text, at)")
            connection.executemany(f"insert into {name} values (?, 'old', ?)", [(1, old), (2, old), (3, None)])
    assert loaded() == dict.fromkeys(TIMES, 3)
    with sqlite3.connect(path) as connection:
        for name, (_, new) in TIMES.items():
            connection.execute(f"update {name} set v = 'new', at = ? where id = 1", [new])
    loaded()
    with duckdb.connect(str(root / "data" / "local.duckdb"), read_only=True) as warehouse:
        for name in TIMES:
            assert warehouse.execute(f"select v from raw_shop.{name} order by id").fetchall() == [
                ("new",), ("old",), ("old",)
            ], name  # fmt: skip
    # Only the newest row and the row without a cursor are read.
    assert loaded() == dict.fromkeys(TIMES, 2)
    window = loaded("shop", "--from", "2024-01-31T12:30:00", "--to", "2024-01-31T12:30:00.25")
    assert {name: window[name] for name in ("plain", "iso", "offset", "epoch")} == {
        "plain": 1, "iso": 0, "offset": 0, "epoch": 1
    }  # fmt: skip
