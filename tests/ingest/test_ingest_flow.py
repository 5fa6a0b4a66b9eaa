"""Loads from a DuckDB file: the first load, repeated loads, and loads after accidents."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ingest_repository import environment, ingest, make_repository, write_source

duckdb = pytest.importorskip("duckdb")
pytest.importorskip("dlt")

COLUMNS = [
    {"name": "order_id", "type": "bigint", "required": True},
    {"name": "status", "type": "text"},
    {"name": "amount", "type": "numeric(12, 2)"},
    {"name": "updated_at", "type": "timestamptz"},
]
INCREMENTAL = {"mode": "incremental", "cursor": "updated_at", "lag": "1 day"}


def shop(load: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    table = {"name": "orders", "key": ["order_id"], "columns": COLUMNS, **({"load": load} if load else {})}
    return {"name": "shop", "kind": "duckdb", "tables": [table], **more}


class Shop:
    """A repository, and the DuckDB file that is its source."""

    def __init__(self, folder: Path) -> None:
        self.root = make_repository(folder / "repository", shop())
        self.path = folder / "shop.duckdb"
        self.change(
            "create table orders (order_id bigint, status varchar, amount decimal(12, 2), updated_at timestamptz)",
            "insert into orders select i, 'sent', i / 4, timestamptz '2024-01-01 00:00:00+00' + to_hours(i::int) "
            "from range(100) r(i)",
        )

    def spec(self, load: dict[str, Any] | None = None, **more: Any) -> None:
        write_source(self.root, shop(load, **more))

    def change(self, *statements: str) -> None:
        with duckdb.connect(str(self.path)) as source:
            source.execute("set timezone = 'UTC'")
            for statement in statements:
                source.execute(statement)

    def load(self, *arguments: str, fails: bool = False) -> str:
        done = ingest(self.root, *arguments, SHOP_URL=str(self.path))
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.root / "data" / "local.duckdb"), read_only=True) as warehouse:
            warehouse.execute("set timezone = 'UTC'")
            return warehouse.execute(query).fetchall()

    def orders(self) -> list[tuple[Any, ...]]:
        return self.ask("select * exclude (_dlt_load_id) from raw_shop.orders order by all")

    def result(self) -> dict[str, Any]:
        return json.loads((self.root / "data" / "last_load.json").read_text())["shop"]


@pytest.fixture
def source(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_a_full_load_is_repeatable_and_forgets_deleted_rows(source: Shop) -> None:
    """A second load gives the same rows; a row deleted at the source is deleted here."""
    source.load()
    first = source.orders()
    source.load()
    assert source.orders() == first and len(first) == 100
    source.change("delete from orders where order_id = 7")
    source.load()
    assert len(source.orders()) == 99


def test_an_incremental_load_reads_only_what_changed(source: Shop) -> None:
    """New and changed rows are loaded, other rows are not read again, and there are no duplicates."""
    source.spec(INCREMENTAL)
    source.load()
    source.change(
        "update orders set status = 'lost', updated_at = '2024-02-01 00:00:00+00' where order_id = 5",
        "insert into orders values (500, 'new', 1.25, '2024-02-02 00:00:00+00')",
        "insert into orders values (501, 'late', 1, '2024-01-04 12:00:00+00')",
    )
    source.load()
    # From the last cursor value, 2024-01-05 03:00, the lag of one day reaches back to 03:00 of the 4th.
    assert source.result()["rows"] == {"orders": 25 + 3}
    assert len(source.orders()) == 102
    assert source.ask("select status from raw_shop.orders where order_id = 5") == [("lost",)]
    source.load()
    assert len(source.orders()) == 102


def test_the_state_survives_the_loss_of_local_files(source: Shop) -> None:
    """The cursor is in the warehouse: without dlt's folder, the next load is still incremental."""
    source.spec(INCREMENTAL)
    source.load()
    subprocess.run(["rm", "-rf", str(source.root / "data" / ".dlt")], check=True)
    source.load()
    assert source.result()["rows"] == {"orders": 25}


def test_a_lost_warehouse_is_reloaded(source: Shop) -> None:
    """Without the warehouse, the next load reads everything."""
    source.spec(INCREMENTAL)
    source.load()
    (source.root / "data" / "local.duckdb").unlink()
    source.load()
    assert len(source.orders()) == 100


def test_a_lost_table_is_reloaded(source: Shop) -> None:
    """A table that was dropped in the warehouse is loaded in full."""
    source.spec(INCREMENTAL)
    source.load()
    with duckdb.connect(str(source.root / "data" / "local.duckdb")) as warehouse:
        warehouse.execute("drop table raw_shop.orders")
    source.load()
    assert len(source.orders()) == 100


def test_a_window_is_backfilled_without_touching_the_state(source: Shop) -> None:
    """A backfill merges its window; the next load continues where the last regular load stopped."""
    source.spec(INCREMENTAL)
    source.load()
    source.change("update orders set status = 'fixed' where order_id < 30")
    source.load("shop", "--from", "2024-01-01", "--to", "2024-01-01T12:00:00+00:00")
    assert source.result()["rows"] == {"orders": 12}
    assert source.ask("select count(*) from raw_shop.orders where status = 'fixed'") == [(12,)]
    source.load()
    assert source.result()["rows"] == {"orders": 25}
    assert len(source.orders()) == 100


def test_a_window_of_time_leaves_out_tables_whose_cursor_is_a_number(source: Shop) -> None:
    """A source with both kinds of cursor can be backfilled by time; `--table` with such a table refuses the window."""
    source.change("create table visits (visit_id bigint)", "insert into visits values (1)")
    visits = {
        "name": "visits",
        "key": ["visit_id"],
        "load": {"mode": "incremental", "cursor": "visit_id"},
        "columns": [{"name": "visit_id", "type": "bigint"}],
    }
    tables = [*shop(INCREMENTAL)["tables"], visits]
    source.spec(tables=tables)
    source.load()
    source.load("shop", "--from", "2024-01-01", "--to", "2024-01-02")
    assert source.result()["rows"] == {"orders": 24}
    refused = source.load("shop", "--table", "visits", "--from", "2024-01-01", fails=True)
    assert "`2024-01-01` is not a value of type `bigint`" in refused


def test_a_merge_that_fails_halfway_leaves_the_previous_rows(source: Shop) -> None:
    """Old rows are replaced in one transaction: if the new rows cannot be inserted, the old rows stay."""
    source.spec(INCREMENTAL)
    source.load()
    before = source.orders()
    with duckdb.connect(str(source.root / "data" / "local.duckdb")) as warehouse:
        warehouse.execute("create unique index amounts on raw_shop.orders (amount)")
    source.change("update orders set amount = 1, updated_at = '2024-02-01 00:00:00+00' where order_id = 5")
    assert "shop.orders: failed" in source.load(fails=True)
    assert source.orders() == before


def test_full_reads_everything_again(source: Shop) -> None:
    """With --full an incremental table is replaced."""
    source.spec(INCREMENTAL)
    source.load()
    source.change("update orders set status = 'fixed' where order_id < 30", "delete from orders where order_id = 99")
    source.load("shop", "--full")
    assert source.ask("select count(*) from raw_shop.orders where status = 'fixed'") == [(30,)]
    assert len(source.orders()) == 99


def test_rows_without_a_cursor_value_are_read_by_each_load(source: Shop) -> None:
    """A row whose update time is missing is not lost."""
    source.spec(INCREMENTAL)
    source.load()
    source.change("insert into orders values (900, 'odd', 1, null)")
    source.load()
    assert len(source.orders()) == 101


def test_deleted_rows_can_be_identified_by_their_keys(source: Shop) -> None:
    """With `deletes: mark`, all keys of the source are loaded into a second table."""
    source.spec({**INCREMENTAL, "deletes": "mark"})
    source.load()
    source.change("delete from orders where order_id < 10")
    source.load()
    assert len(source.orders()) == 100
    assert source.ask("select count(*), min(order_id) from raw_shop.orders__keys") == [(90, 10)]


def test_real_data_replaces_sample_data(source: Shop) -> None:
    """Sample rows never mix with real rows, whose load ignores the cursor of the sample rows."""
    source.spec(INCREMENTAL)
    done = ingest(source.root)
    assert done.returncode == 0 and "sample data" in done.stdout
    source.load()
    assert len(source.orders()) == 100


def test_a_deployment_without_the_sample_folder_loads_the_source_or_names_its_missing_variable(source: Shop) -> None:
    """Ingestion does not need `sample/`; without it, a variable that is not set is an error that names the variable."""
    shutil.rmtree(source.root / "sample")
    source.load()
    assert len(source.orders()) == 100
    done = ingest(source.root)
    assert done.returncode == 1 and "Set SHOP_URL" in done.stderr and "Traceback" not in done.stderr


def test_a_missing_variable_loads_no_sample_data_into_production(source: Shop) -> None:
    """In production a variable that is not set is an error, unless sample data is requested."""
    warehouse = str(source.root / "production.duckdb")
    done = ingest(source.root, "--target", "prod", WAREHOUSE_PATH=warehouse)
    assert done.returncode == 1 and "SHOP_URL is not set" in done.stderr and not Path(warehouse).exists()
    done = ingest(source.root, "--target", "prod", "--sample-rows", "20", WAREHOUSE_PATH=warehouse)
    assert done.returncode == 0 and "sample data" in done.stdout


def test_a_frozen_source_stops_before_anything_is_written(source: Shop) -> None:
    """With `drift: freeze`, every difference is listed with a hint, and the tables do not change."""
    source.spec(drift="freeze")
    source.load()
    before = source.orders()
    source.change(
        "delete from orders", "alter table orders add column channel varchar",
        "alter table orders drop column status", "alter table orders alter amount type double",
    )  # fmt: skip
    said = source.load(fails=True)
    assert "new column `channel`" in said and "column `status` no longer exists" in said
    assert "`amount` is double" in said and "sources/shop.yml" in said
    assert source.orders() == before


def test_an_evolving_source_lands_new_columns_and_reports(source: Shop) -> None:
    """With `drift: evolve`, a new column is loaded under a safe name, and a dropped column as NULL."""
    source.load()
    source.change(
        "alter table orders add column \"Sales Channel\" varchar default 'web'", "alter table orders drop column status"
    )
    said = source.load()
    assert "new column `Sales Channel`" in said and "column `status` no longer exists" in said
    assert source.ask("select distinct sales_channel, status from raw_shop.orders") == [("web", None)]
    assert len(source.result()["drift"]) == 2


def test_a_new_column_with_the_name_of_a_credential_is_not_landed(source: Shop) -> None:
    """The load names it with a hint, and loads other new columns; the column can be added to the spec."""
    source.load()
    source.change(*(f"alter table orders add column {name} varchar" for name in ("reset_token", "passWord", "passage")))
    said = source.load()
    for name in ("reset_token", "passWord"):
        assert f"new column `{name}` may be a credential, so it is not loaded. Exclude it in sources/shop.yml" in said
    landed = source.ask("select column_name from information_schema.columns where table_name = 'orders'")
    assert {name for (name,) in landed}.isdisjoint(("reset_token", "password")) and ("passage",) in landed
    spec = shop()
    spec["tables"][0]["columns"] = [*spec["tables"][0]["columns"], {"name": "reset_token", "type": "text"}]
    write_source(source.root, spec)
    source.load()
    assert source.ask("select count(reset_token) from raw_shop.orders") == [(0,)]


def test_a_missing_table_is_reported_and_the_others_load(source: Shop) -> None:
    """The missing table is named; with `evolve`, the other tables are loaded."""
    spec = shop()
    spec["tables"].append({"name": "gone", "columns": [{"name": "id", "type": "integer"}]})
    write_source(source.root, spec)
    assert "gone: the table no longer exists" in source.load()
    assert len(source.orders()) == 100
    write_source(source.root, {**spec, "drift": "freeze"})
    source.load(fails=True)


def test_a_changed_type_recreates_the_table(source: Shop) -> None:
    """The loaded column has the type of the spec, also after the spec has changed."""
    source.load()
    spec = shop()
    spec["tables"][0]["columns"] = [{**c, "type": "text"} if c["name"] == "amount" else c for c in COLUMNS]
    for changed in (spec, shop(), spec):
        write_source(source.root, changed)
        source.load()
        expected = "VARCHAR" if changed is spec else "DECIMAL(12,2)"
        assert source.ask("select distinct typeof(amount) from raw_shop.orders") == [(expected,)]
    assert len(source.orders()) == 100


def test_a_changed_key_recreates_the_table(source: Shop) -> None:
    """Rows that were merged by another key are replaced, and a column of that key can be removed from the spec."""
    source.spec(INCREMENTAL)
    for _ in range(2):
        source.load()
    spec = shop(INCREMENTAL)
    spec["tables"][0] |= {"key": ["updated_at"], "columns": [COLUMNS[0] | {"exclude": "unused"}, *COLUMNS[1:]]}
    write_source(source.root, spec)
    for all_ in (True, False):
        source.load()
        assert (source.result()["rows"]["orders"] == 100) == all_
        assert len(source.orders()) == 100


def test_an_empty_table_has_all_its_columns(source: Shop) -> None:
    """A table without rows exists, with the types of the spec."""
    source.change("delete from orders")
    source.load()
    types = source.ask(
        "select column_name, data_type from duckdb_columns() where table_name = 'orders' and schema_name = 'raw_shop' "
        "and column_name <> '_dlt_load_id'"
    )
    assert types == [
        ("order_id", "BIGINT"),
        ("status", "VARCHAR"),
        ("amount", "DECIMAL(12,2)"),
        ("updated_at", "TIMESTAMP WITH TIME ZONE"),
    ]


TYPES = {
    "text": ("VARCHAR", "varchar", "'Größe 東京 😀 ''\"'"),
    "smallint": ("SMALLINT", "smallint", "-32768"),
    "integer": ("INTEGER", "integer", "2147483647"),
    "bigint": ("BIGINT", "bigint", "9223372036854775807"),
    "numeric": ("DECIMAL(38,9)", "decimal(38, 9)", "12345678901234567890123456789.123456789"),
    "numeric(38, 0)": ("DECIMAL(38,0)", "decimal(38, 0)", "99999999999999999999999999999999999999"),
    "numeric(38, 20)": ("DECIMAL(38,20)", "decimal(38, 20)", "-123456789012345678.00000000000000000001"),
    "real": ("DOUBLE", "float", "0.15"),
    "double": ("DOUBLE", "double", "1e300"),
    "boolean": ("BOOLEAN", "boolean", "true"),
    "date": ("DATE", "date", "'1066-10-14'"),
    "time": ("TIME", "time", "'23:59:59.999999'"),
    "timestamp": ("TIMESTAMP", "timestamp", "'2024-02-29 12:34:56.789012'"),
    "timestamptz": ("TIMESTAMP WITH TIME ZONE", "timestamptz", "'2024-02-29 12:34:56.789012+05'"),
    "uuid": ("VARCHAR", "uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"),
    "json": ("VARCHAR", "struct(a integer, b varchar[])", "{'a': 1, 'b': ['x']}"),
    "binary": ("BLOB", "blob", "'\\x00\\xFF'::blob"),
}


def test_every_type_lands_exactly(source: Shop) -> None:
    """Each type of the spec, with a value and with NULL, is loaded in its column type."""
    columns = [{"name": f"c{number}", "type": type_} for number, type_ in enumerate(TYPES)]
    write_source(
        source.root,
        {**shop(), "tables": [{"name": "types", "columns": columns}, {"name": "nulls", "columns": columns}]},
    )
    declared = ", ".join(f"c{number} {live}" for number, (_, live, _) in enumerate(TYPES.values()))
    values = ", ".join(value for _, _, value in TYPES.values())
    nothing = ", ".join("null" for _ in TYPES)
    for table in ("types", "nulls"):
        source.change(f"create table {table} ({declared})", f"insert into {table} values ({nothing})")
    source.change(f"insert into types values ({values})")
    source.load()
    for table in ("types", "nulls"):
        landed = source.ask(
            f"select data_type from duckdb_columns() where table_name = '{table}' and schema_name = 'raw_shop' "
            "and column_name <> '_dlt_load_id'"
        )
        assert [type_ for (type_,) in landed] == [type_ for type_, _, _ in TYPES.values()]
        assert source.ask(f"select count(*) from raw_shop.{table} where columns(* exclude (_dlt_load_id)) is null") == [
            (1,)
        ]
    with duckdb.connect() as here:
        here.execute("set timezone = 'UTC'")
        casts = ", ".join(
            f"to_json({value})::varchar" if type_ == "json" else f"cast({value} as {landed})"
            for type_, (landed, _, value) in TYPES.items()
        )
        expected = here.execute(f"select {casts}").fetchall()
    assert source.ask("select * exclude (_dlt_load_id) from raw_shop.types where c0 is not null") == expected


def test_names_land_as_the_spec_has_them(source: Shop) -> None:
    """Doubled and outer underscores and reserved words are kept, and hostile origins are quoted."""
    names = ["a__b", "_x", "x_", "select", "_dlt", "class", "__"]
    columns = [{"name": name, "type": "integer", "origin": f'{name} "%s' + "' {}"} for name in names]
    write_source(source.root, {**shop(), "tables": [{"name": "group", "origin": 'Order "x', "columns": columns}]})
    declared = ", ".join('"' + c["origin"].replace('"', '""') + '" integer' for c in columns)
    source.change(
        f'create table "Order ""x" ({declared})', f'insert into "Order ""x" values ({", ".join("1" for _ in names)})'
    )
    source.load()
    landed = source.ask(
        "select column_name from duckdb_columns() where table_name = 'group' and schema_name = 'raw_shop' "
        "and column_name <> '_dlt_load_id'"
    )
    assert [name for (name,) in landed] == names


def test_a_wide_table_lands(source: Shop) -> None:
    """A table of 1,200 columns is loaded."""
    columns = [{"name": f"c{number}", "type": "integer"} for number in range(1200)]
    write_source(source.root, {**shop(), "tables": [{"name": "wide", "columns": columns}]})
    source.change("create table wide as select " + ", ".join(f"{n} as c{n}" for n in range(1200)))
    source.load()
    assert source.ask("select c1199 from raw_shop.wide") == [(1199,)]


def test_mistakes_are_explained(source: Shop) -> None:
    """Unknown sources and tables, an invalid window and an unreachable source give a one-line message."""
    assert "The sources are: shop" in source.load("shoop", fails=True)
    assert "Its tables are: orders" in source.load("shop", "--table", "orderz", fails=True)
    assert "no incremental table" in source.load("shop", "--from", "2024-01-01", fails=True)
    source.spec(INCREMENTAL)
    assert "`soon` is not a value" in source.load("shop", "--from", "soon", fails=True)
    done = ingest(source.root, SHOP_URL="/nowhere/shop.duckdb")
    assert done.returncode == 1 and "SHOP_URL" in done.stderr and "Traceback" not in done.stderr


def test_a_value_that_does_not_fit_is_named(source: Shop) -> None:
    """The column, the value and the hint are in the message."""
    spec = shop()
    spec["tables"][0]["columns"] = [{**c, "type": "integer"} if c["name"] == "status" else c for c in COLUMNS]
    write_source(source.root, spec)
    assert "sent" in source.load(fails=True)


KILLED_AT_A_FILE = """
import os, runpy, signal, sys

data, left = os.path.join(sys.argv[1], "data"), int(sys.argv[2])
sys.path.insert(0, sys.argv[1])
sys.argv[:] = ["ingest"]
used = 0

def count(event, arguments):
    global used
    if event in ("open", "os.rename", "os.remove", "os.mkdir") and str(arguments[0]).startswith(data):
        used += 1
        if used == left:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(count)
try:
    runpy.run_module("ingest", run_name="__main__")
finally:
    print(used)
"""
"""A load that kills itself at its n-th use of a file in `data/`, or prints how many uses there were."""


@pytest.mark.parametrize("load", [None, INCREMENTAL], ids=["full", "incremental"])
def test_a_killed_load_can_be_repeated(source: Shop, load: dict[str, Any] | None) -> None:
    """After a kill at any time, the table has the old or the new rows, and the next load completes it."""

    def load_until(left: int) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", KILLED_AT_A_FILE, str(source.root), str(left)]
        variables = environment(SHOP_URL=str(source.path))
        return subprocess.run(command, cwd=source.root, env=variables, capture_output=True, text=True, check=False)

    source.spec(load)
    source.change(
        "insert into orders select i, 'more', 1, timestamptz '2024-01-02 00:00:00+00' from range(1000, 150000) r(i)"
    )
    whole = load_until(-1)
    assert whole.returncode == 0, whole.stderr
    before = len(source.orders())
    source.change(
        "insert into orders select i, 'new', 1, timestamptz '2024-03-01 00:00:00+00' from range(200000, 300000) r(i)",
    )
    files = int(whole.stdout.split()[-1])
    for part in range(1, 5):
        assert load_until(files * part // 5).returncode == -signal.SIGKILL
        assert source.ask("select count(*) from raw_shop.orders") in ([(before,)], [(before + 100_000,)])
    source.load()
    assert len(source.orders()) == before + 100_000
    assert len({row[0] for row in source.orders()}) == before + 100_000
