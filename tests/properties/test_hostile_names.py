"""Databases with hostile names and texts are loaded and built, and their texts arrive unchanged."""

from __future__ import annotations

import json
import os
import random
import sqlite3

import pytest

from platform_new import flow
from platform_new.catalog import load_catalog
from platform_new.introspect import introspect
from platform_new.spec.models import Platform, Spec
from platform_new.spec.rules import check

LONG = "long_" * 11 + "12345678"
"""The longest name that PostgreSQL allows."""
DEVICES = ["con", "nul", "aux", "prn", "com1", "lpt9"]
TAKEN = ["_dlt_loads", "_dlt_version", "_dlt_pipeline_state", "_dlt", "select", "table", "marts", "staging", "default"]
TAKEN += ["main", "information_schema", "sources", "date_dim", "dim_date", "stg_x", "_hidden", "123numbers", LONG]
COLUMNS = ["", " ", "  ", "select", "from", "null", "true", "on", "100%", "1st", 'a"b', "a b", "A  B", "a_b", "имя"]
COLUMNS += [
    "日本",
    "{{ jinja }}",
    "{% raw %}",
    "{}}",
    "#hash: yaml",
    "x y z;drop",
    "line\nbreak",
    "tab\t",
    "it's",
    "\\",
]
COLUMNS += ["_dlt_id", "_dlt_load_id", "_dlt_parent_id", "self", "con", "dbt_valid_to", "is_deleted", f"{LONG}_2", LONG]
SPELT = ["Orders", "ORDERS", "a/b", "../../etc", "{}}", "", " ", "a.b", "x" * 120]
PIECES = ["{", "}", "%", "#", "{{", "}}", "{%", "%}", "{#", "#}", "-", "'", '"', "\\", " ", "raw", "endraw", "é", "\n"]
CALLS = ["ref('x')", "env_var('HOME')", "var('x')", "{{ env_var('HOME') }}", "doc('x')", "{}}", "{% raw %}{{ x }}"]


def quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def odd_texts(number: int) -> list[str]:
    """Texts made mostly of characters with a meaning in Jinja, YAML and SQL."""
    draw = random.Random(number)
    made = ("".join(draw.choices(PIECES, k=draw.randint(1, 8))).strip() for _ in range(number))
    return [*CALLS, *filter(None, dict.fromkeys(made))]


def a_row(table: str, columns: list[str], definition: str = "text") -> str:
    """A table with a key and these columns, and a row of distinct values."""
    defined = "".join(f", {quote(column)} {definition}" for column in columns)
    values = "".join(f", {text(f'{number} of {column}'[:50])}" for number, column in enumerate(columns))
    return f"create table {table} (id integer primary key{defined}); insert into {table} values (1{values});"


def sqlite_database(path) -> str:
    with sqlite3.connect(path) as connection:
        for name in ("nul", "_dlt_loads", *SPELT):
            if name.lower() != "orders":
                connection.executescript(a_row(quote(name), [], ""))
        connection.executescript(a_row("columns", COLUMNS))
        connection.executescript("create table line (id integer primary key, nul integer references nul);")
        connection.executescript("insert into line values (1, 1);")
    return f"sqlite:///{path}"


def postgres_database(connection, texts: list[str]) -> None:
    """Schemas and tables with hostile names, whose comments and accepted values are the texts."""
    accepted = [value[:60] for value in texts if len(value.encode()) <= 60]
    labels = ", ".join(text(value) for value in dict.fromkeys(accepted))
    statements = [f"create type odd as enum ({labels})"]
    for schema in ("Weird Schema-1", "select", "données"):
        statements += [f"create schema {quote(schema)}", a_row(f"{quote(schema)}.orders", [])]
    statements += [a_row(quote(name), []) for name in (*DEVICES, *TAKEN, "Orders", "ORDERS", "orders", "été")]
    statements.append(a_row("columns", [name for name in COLUMNS if name and len(name) < 64]))
    numbered = ", ".join(f"c{number} odd" for number in range(len(texts)))
    statements.append(f"create table said (id integer primary key, word odd, {numbered})")
    statements += [f"insert into said (id, word) values (1, {text(accepted[-1])})"]
    statements += [f"comment on column said.c{number} is {text(value)}" for number, value in enumerate(texts)]
    statements.append(f"comment on table said is {text(' '.join(texts))}")
    for statement in statements:
        connection.execute(statement)


@pytest.mark.proof
def test_any_name_and_text_of_a_database_runs_green_and_arrives_unchanged(make, postgres_url, tmp_path):
    import psycopg

    texts = odd_texts(40)
    database = f"hostile_names{os.environ.get('PYTEST_XDIST_WORKER', '')}"
    with psycopg.connect(f"{postgres_url}/postgres", autocommit=True) as connection:
        connection.execute(f"drop database if exists {database} with (force)")
        connection.execute(f"create database {database} template template0")
    urls = {"MAIN_URL": f"{postgres_url}/{database}", "DEFAULT_URL": sqlite_database(tmp_path / "names.db")}
    with psycopg.connect(urls["MAIN_URL"], autocommit=True) as connection:
        postgres_database(connection, texts)
    sources = [introspect(url, name=variable.removesuffix("_URL").lower()).source for variable, url in urls.items()]
    first, second = sources
    named = [t.model_copy(update={"entity": f"other_{number}"}) for number, t in enumerate(second.tables)]
    spec = Spec(
        platform=Platform(name="dbt-duckdb", description=" ".join(texts), owner=texts[0]),
        sources=(first, second.model_copy(update={"tables": tuple(named)})),
    )
    assert check(spec, load_catalog()) == []
    folder = tmp_path / "dbt-duckdb"
    flow.create(folder, spec, git=False)
    done = make(folder, "run", env=urls)
    assert done.returncode == 0
    outcome = json.loads((folder / "data/last_run.json").read_text())
    assert outcome["tests"]["failed"] == outcome["tests"]["warned"] == 0
    rows = {name: source["rows"] for name, source in outcome["sources"].items()}
    assert {name: set(of.values()) for name, of in rows.items()} == {"main": {1}, "default": {1}}
    assert all(len(rows[source.name]) == len(source.tables) for source in spec.sources)
    manifest = json.loads((folder / "transform/target/manifest.json").read_text())
    nodes = {node["name"]: node for node in manifest["nodes"].values()}
    said = nodes["stg_main__said"]
    assert said["description"] == " ".join(texts)
    assert [said["columns"][f"c{number}"]["description"] for number in range(len(texts))] == texts
    for table in flow.plan_for(spec).tables:
        origins = {name: each["config"]["meta"].get("origin") for name, each in nodes[table.model]["columns"].items()}
        assert origins == {column.name: column.origin or None for column in table.columns}
