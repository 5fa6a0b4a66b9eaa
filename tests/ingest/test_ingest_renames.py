"""A rename in the spec renames the table in the warehouse: the rows stay, and the next load continues from them."""

from __future__ import annotations

import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import servers
from ingest_repository import environment, ingest, make_repository, write_source

duckdb = pytest.importorskip("duckdb")
psycopg2 = pytest.importorskip("psycopg2")
versioned_state = pytest.importorskip("dlt.common.versioned_state")
state_sync = pytest.importorskip("dlt.pipeline.state_sync")

INCREMENTAL = {"mode": "incremental", "cursor": "updated_at", "lag": "1 day", "deletes": "mark"}
TYPES = {"id": "bigint", "what": "text", "price": "numeric(12, 2)", "updated_at": "timestamp"}
ROWS = 40


def columns(*names: str, **renamed: str) -> list[dict[str, Any]]:
    """The columns of a table; `renamed` has new names for some of them."""
    return [
        {"name": renamed[name], "origin": name, "renamed_from": name, "type": TYPES[name]}
        if name in renamed
        else {"name": name, "type": TYPES[name]}
        for name in names or TYPES
    ]


def table(name: str, origin: str = "", load: dict[str, Any] | None = INCREMENTAL, **more: Any) -> dict[str, Any]:
    """A table of the spec, loaded incrementally."""
    known = {"name": name, "key": ["id"], "columns": columns(), **({"load": load} if load else {}), **more}
    return {**known, "origin": origin} if origin else known


class Shop:
    """A source in a DuckDB file, and a warehouse of one kind."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.kind, self.path = kind, folder / "shop.duckdb"
        self.root = make_repository(folder / "repository", {"name": "shop", "kind": "duckdb"}, warehouse=kind)
        self.variables: dict[str, str] = {"SHOP_URL": str(self.path)}
        if kind == "postgres":
            self.variables |= _empty_database()
        for name in ("orders", "returns"):
            self.change(
                f"create table {name} (id bigint, what varchar, price decimal(12, 2), updated_at timestamp)",
                f"insert into {name} select i, '{name}', i, timestamp '2024-01-01' + to_hours(i::int) "
                f"from range({ROWS}) r(i)",
            )

    def spec(self, *tables: dict[str, Any], name: str = "shop", **more: Any) -> None:
        """Write the spec of the source, and remove the specs with former names."""
        for path in (self.root / "sources").glob("*.yml"):
            path.unlink()
        self.add(*tables, name=name, **more)

    def add(self, *tables: dict[str, Any], name: str, **more: Any) -> None:
        """Write the spec of another source."""
        write_source(self.root, {"name": name, "kind": "duckdb", "tables": list(tables), **more})
        module = self.root / "ingest" / "sources"
        (module / f"{name}.py").write_text((module / "shop.py").read_text().replace('"shop"', f'"{name}"'))

    def change(self, *statements: str) -> None:
        """Change the source."""
        with duckdb.connect(str(self.path)) as source:
            for statement in statements:
                source.execute(statement)

    def purge(self, name: str) -> None:
        """Delete the oldest row at the source; the warehouse still has it."""
        self.change(f"delete from {name} where id = 0")

    def load(self, *arguments: str, fails: bool = False) -> str:
        """Load; returns the output."""
        done = ingest(self.root, *arguments, *self._target, **self.variables)
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        assert "Traceback" not in done.stderr, done.stderr
        return done.stdout + done.stderr

    def killed_load(self) -> None:
        """A load that is killed after renaming the tables, but before changing dlt's state."""
        program = (
            "import os, sys, ingest.renamed_tables as tables, ingest.renamed_sources as sources\n"
            "tables.rewrite = sources.rewrite = lambda *_: os.kill(os.getpid(), 9)\n"
            "from ingest.__main__ import main\n"
            "main(sys.argv[1:])\n"
        )
        command = [sys.executable, "-c", program, *self._target]
        done = subprocess.run(
            command, cwd=self.root, env=environment(**self.variables), capture_output=True, text=True, check=False
        )
        assert done.returncode == -9, done.stdout + done.stderr

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query on the warehouse."""
        if self.kind == "duckdb":
            with duckdb.connect(str(self.root / "data" / "local.duckdb")) as warehouse:
                return warehouse.execute(query).fetchall()
        with psycopg2.connect(**_parts(self.variables)) as warehouse, warehouse.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall() if cursor.description else []

    def forget_notes(self, source: str) -> None:
        """Remove the recorded origins from dlt's state, as after loads of an older platform-new."""
        place = f"raw_{source}._dlt_pipeline_state"
        for load, text in self.ask(f"select _dlt_load_id, state from {place}"):
            state = versioned_state.decompress_state(text)
            known = state["sources"][source]
            known.pop("variable", None)
            for memory in known["resources"].values():
                memory.pop("table", None)
                memory.pop("origins", None)
            state_sync.bump_pipeline_state_version_if_modified(state)
            self.ask(
                f"update {place} set state = '{versioned_state.compress_state(state)}' where _dlt_load_id = '{load}'"
            )

    def ids(self, name: str) -> set[int]:
        """The keys in a loaded table."""
        return {row for (row,) in self.ask(f"select id from raw_{name}")}

    def landed(self) -> set[str]:
        """The loaded tables, as `schema.table`."""
        query = "select table_schema || '.' || table_name from information_schema.tables"
        names = {name for (name,) in self.ask(f"{query} where table_schema like 'raw%'")}
        return {name for name in names if "._dlt" not in name and "__loading." not in name and "__keys" not in name}

    @property
    def _target(self) -> list[str]:
        return ["--target", "prod"] if self.kind == "postgres" else []


def _empty_database() -> dict[str, str]:
    url = servers.server_url("postgres")
    host, _, port = url.rpartition("@")[2].partition(":")
    name = f"renames_{uuid.uuid4().hex[:8]}"
    parts = {"HOST": host, "PORT": port, "DATABASE": name, "USER": "postgres", "PASSWORD": "-"}
    variables = {f"WAREHOUSE_{key}": value for key, value in parts.items()}
    connection = psycopg2.connect(**_parts({**variables, "WAREHOUSE_DATABASE": "postgres"}))
    connection.autocommit = True
    connection.cursor().execute(f"create database {name}")
    connection.close()
    return variables


def _parts(variables: dict[str, str]) -> dict[str, str]:
    names = {"host": "HOST", "port": "PORT", "dbname": "DATABASE", "user": "USER"}
    return {name: variables[f"WAREHOUSE_{of}"] for name, of in names.items()}


LOCAL = pytest.mark.parametrize("shop", ["duckdb"], indirect=True)


@pytest.fixture(params=["duckdb", "postgres"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    try:
        yield Shop(tmp_path, request.param)
    except servers.NotInstalled:
        pytest.skip("PostgreSQL is not installed")


def test_a_renamed_table_and_its_columns_keep_their_rows_and_load_incrementally(shop: Shop) -> None:
    """Including key and cursor, also after a kill; only the rows within the lag are read again."""
    shop.spec(table("orders"), table("returns", load=None))
    shop.load()
    shop.ask("create view reader as select * from raw_shop.orders")
    shop.purge("orders")
    renamed = columns(id="order_id", price="net", updated_at="changed_at")
    load = {**INCREMENTAL, "cursor": "changed_at"}
    more = {"key": ["order_id"], "columns": renamed, "renamed_from": "orders"}
    back = {"columns": columns(what="name"), "renamed_from": "returns"}
    shop.spec(table("purchases", "orders", load, **more), table("refunds", "returns", None, **back))
    shop.killed_load()
    assert shop.landed() == {"raw_shop.orders", "raw_shop.returns"}
    said = shop.load()
    assert "purchases: renamed from orders; its rows are kept" in said
    assert "shop: real data, 2 tables, 65 rows" in said
    assert "all its rows" not in said
    assert shop.landed() == {"raw_shop.purchases", "raw_shop.refunds"}
    assert {row for (row,) in shop.ask("select order_id from raw_shop.purchases")} == set(range(ROWS))
    assert shop.ask("select sum(net), count(changed_at) from raw_shop.purchases") == [(780, ROWS)]
    assert shop.ask("select distinct name from raw_shop.refunds") == [("returns",)]
    if shop.kind == "postgres":
        assert shop.ask("select count(*) from reader") == [(ROWS,)]
    assert "renamed" not in shop.load()


def test_swapped_names_and_chains_of_names_follow_their_origin(shop: Shop) -> None:
    """A swap, a chain without a load in between, and the way back; a column that takes over another's name."""
    shop.spec(table("orders"), table("returns"))
    shop.load()
    shop.purge("orders")
    swapped = [
        {"name": "price", "origin": "what", "renamed_from": "what", "type": "text"},
        {"name": "what", "origin": "price", "renamed_from": "price", "type": "numeric(12, 2)"},
    ]
    shop.spec(
        table("returns", "orders", renamed_from="parked", columns=[*columns("id", "updated_at"), *swapped]),
        table("orders", "returns", renamed_from="returns"),
    )
    said = shop.load()
    assert "all its rows" not in said, said
    assert shop.ask("select count(*), max(price), max(what) from raw_shop.returns") == [(ROWS, "orders", ROWS - 1)]
    assert shop.ask("select distinct what from raw_shop.orders") == [("returns",)]
    # As after three renames, of which the spec has only the last.
    shop.spec(table("bought", "orders", renamed_from="never_loaded"), table("orders", "returns"))
    shop.load()
    assert shop.landed() == {"raw_shop.bought", "raw_shop.orders"}
    assert shop.ask("select count(*), max(what), max(price) from raw_shop.bought") == [(ROWS, "orders", ROWS - 1)]
    assert shop.ids("shop.bought") == set(range(ROWS))


@LOCAL
def test_data_under_both_names_is_kept_and_reported(shop: Shop) -> None:
    """A name that holds the rows of another table is refused, until a full load replaces them."""
    shop.spec(table("orders"), table("returns"))
    shop.load()
    shop.purge("orders")
    shop.spec(table("returns", "orders", renamed_from="orders"))
    said = shop.load(fails=True)
    assert "raw_shop.returns holds other rows, those of returns; a full load replaces them" in said
    assert "`python -m ingest shop --table returns --full" in said
    assert shop.landed() == {"raw_shop.orders", "raw_shop.returns"}
    assert "returns: raw_shop.orders has data that was loaded under its former name" in shop.load("shop", "--full")
    assert shop.ids("shop.orders") == set(range(ROWS))
    assert shop.ids("shop.returns") == set(range(1, ROWS))
    shop.load()


def test_a_renamed_source_keeps_its_rows_and_loads_incrementally(shop: Shop) -> None:
    """In the schema of its new name, together with a renamed table; another source can take its old name at once."""
    shop.spec(table("orders"), table("returns"))
    shop.load()
    shop.purge("orders")
    renamed = {"connection": "SHOP_URL", "renamed_from": "branch", "older_names": ["shop"]}
    shop.spec(table("purchases", "orders", renamed_from="orders"), table("returns"), name="store", **renamed)
    shop.add(table("returns"), name="shop", connection="OTHER_URL")
    shop.variables["OTHER_URL"] = shop.variables["SHOP_URL"]
    shop.killed_load()
    assert shop.landed() == {"raw_shop.orders", "raw_shop.returns"}
    said = shop.load()
    assert "raw_shop renamed to raw_store" in said
    assert "store: real data, 2 tables, 50 rows" in said
    assert shop.landed() == {"raw_store.purchases", "raw_store.returns", "raw_shop.returns"}
    assert shop.ids("store.purchases") == set(range(ROWS))
    assert "store: real data, 2 tables, 50 rows" in shop.load()


@LOCAL
def test_without_recorded_origins_the_former_names_in_the_spec_are_used(shop: Shop) -> None:
    """As after an update of platform-new: a rename frees a name for the next; a swap is ambiguous."""
    store = {"name": "store", "renamed_from": "shop", "connection": "SHOP_URL"}
    shop.spec(table("orders"), table("returns"), **store)
    shop.load()
    assert shop.landed() == {"raw_store.orders", "raw_store.returns"}
    shop.forget_notes("store")
    shop.purge("orders")
    shop.spec(
        table("returns", "orders", renamed_from="parked", older_names=["orders"]),
        table("refunds", "returns", renamed_from="returns"),
        **store,
    )
    shop.killed_load()
    said = shop.load()
    assert "returns: renamed from orders" in said and "refunds: renamed from returns" in said
    assert "all its rows" not in said
    assert shop.landed() == {"raw_store.returns", "raw_store.refunds"}
    assert shop.ids("store.returns") == set(range(ROWS))

    shop.forget_notes("store")
    swapped = table("refunds", "orders", renamed_from="returns"), table("returns", "returns", renamed_from="refunds")
    shop.spec(*swapped, **store)
    said = shop.load(fails=True)
    assert "raw_store.returns holds other rows, perhaps those of refunds; a full load replaces them" in said
    shop.load("--full")
    assert shop.ask("select distinct what from raw_store.refunds") == [("orders",)]
    shop.load()


@LOCAL
def test_sources_with_swapped_names_are_identified_by_their_variables(shop: Shop) -> None:
    """Without recorded variables, they are refused until a full load replaces their rows."""
    other = shop.path.with_name("other.duckdb")
    shop.variables["OTHER_URL"] = str(other)
    shutil.copy(shop.path, other)
    shop.spec(table("orders"), name="shop", connection="SHOP_URL")
    shop.add(table("returns"), name="store", connection="OTHER_URL")
    shop.load()
    shop.purge("orders")
    shop.spec(table("orders"), name="store", connection="SHOP_URL", renamed_from="shop")
    shop.add(table("returns"), name="shop", connection="OTHER_URL", renamed_from="store")
    shop.load()
    assert shop.landed() == {"raw_store.orders", "raw_shop.returns"}
    assert shop.ids("store.orders") == set(range(ROWS))

    shop.forget_notes("store")
    shop.forget_notes("shop")
    said = shop.load(fails=True)
    assert (
        "raw_shop holds other rows, perhaps those of store; a full load replaces them. "
        "To retry: `python -m ingest shop --full`" in said
    )
    assert shop.ids("store.orders") == set(range(ROWS))
    shop.load("--full")
    assert shop.ids("store.orders") == set(range(1, ROWS))
    shop.load()
