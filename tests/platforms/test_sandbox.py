"""`make sandbox` builds what a branch changes, and what depends on it, beside everything else; then drops only that."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import environment as environments
import psycopg
import pytest
import source_data
import yaml
from made import warehouse_variables
from warehouse import differences, local_contents, production_contents

from platform_new import flow
from platform_new.spec.models import Platform, Source, Spec

pytestmark = [pytest.mark.exhaustive, pytest.mark.xdist_group("sandbox")]
SHOP = """
name: shop
kind: postgres
tables:
  - name: customers
    key: [customer_id]
    columns:
      - {name: customer_id, type: bigint, required: true}
      - {name: name, type: text}
  - name: stores
    key: [store_id]
    columns:
      - {name: store_id, type: bigint, required: true}
      - {name: city, type: text}
  - name: orders
    role: fact
    key: [order_id]
    columns:
      - {name: order_id, type: bigint, required: true}
      - {name: customer_id, type: bigint, references: customers.customer_id}
      - {name: store_id, type: bigint, references: stores.store_id}
      - {name: ordered_at, type: timestamp}
      - {name: amount, type: "numeric(10, 2)"}
"""
CHANGED = "transform/models/staging/shop/stg_shop__customers.sql"
NAME = "pr_7"
OTHERS = ("sandbox_pr_70__marts", "sandbox_pr_7", "sandbox_pr__7__marts", "xsandbox_pr_7__marts")
HOSTILE = f'sandbox_{NAME}__"; drop schema marts cascade; --'
TABLES = "select table_schema, table_name from information_schema.tables where table_schema like 'sandbox%'"
SCHEMAS = "select schema_name from information_schema.schemata"


@dataclass(frozen=True)
class Warehouse:
    """The warehouse of a target: its variables, how to read its tables, and how to run SQL in it."""

    variables: dict[str, str]
    contents: Callable[[], object]
    execute: Callable[[str], list]


@pytest.fixture(scope="module", params=["local", "prod"])
def target(request) -> str:
    """The name of the target."""
    return request.param


@pytest.fixture(scope="module")
def repository(target, make, tmp_path_factory) -> Path:
    """A repository whose `stg_shop__customers` is different on the branch `loud`, which is checked out."""
    folder = tmp_path_factory.mktemp(target) / "acme"
    platform = Platform(name="acme", warehouse="postgres", orchestrator="none", modeling="star")
    flow.create(folder, Spec(platform=platform, sources=(Source.model_validate(yaml.safe_load(SHOP)),)))
    return folder


@pytest.fixture(scope="module")
def warehouse(target, repository, request, make) -> Warehouse:
    """The warehouse after a run of the main branch on sample data."""
    assert make(repository, ".venv/installed-run").returncode == 0
    if target == "local":
        path = repository / "data/local.duckdb"
        variables, contents = {}, lambda: local_contents(path)
        execute = lambda sql: _duckdb(path, sql)  # noqa: E731
    else:
        url = source_data.create(request.getfixturevalue("postgres_url"), source_data.fresh_name("sandbox"))
        variables, contents = {"DBT_TARGET": "prod", **warehouse_variables(url)}, lambda: production_contents(url)
        execute = lambda sql: _postgres(url, sql)  # noqa: E731
    done = subprocess.run(
        [repository / ".venv/bin/python", "run.py", "--target", target, "--sample-rows", "100"],
        cwd=repository,
        env=environments.clean(variables),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return Warehouse(variables, contents, execute)


def _duckdb(path: Path, sql: str) -> list:
    with duckdb.connect(str(path)) as connection:
        return connection.sql(sql).fetchall() if sql.startswith("select") else connection.execute(sql) and []


def _postgres(url: str, sql: str) -> list:
    with psycopg.connect(url) as connection:
        done = connection.execute(sql)
        return done.fetchall() if sql.startswith("select") else []


def test_only_the_change_and_its_children_are_built_and_only_they_are_dropped(repository, warehouse, make):
    variables, before = {**warehouse.variables, "SANDBOX": NAME}, warehouse.contents()
    model = repository / CHANGED
    text = model.read_text()
    for command in (["switch", "--quiet", "--create", "loud"], ["add", "--all"]):
        subprocess.run(["git", *command], cwd=repository, check=True)
    model.write_text(
        text.replace("cast(name as {{ dbt.type_string() }})", "upper(cast(name as {{ dbt.type_string() }}))")
    )
    assert model.read_text() != text

    assert make(repository, "sandbox", env=variables).returncode == 0
    built = set(warehouse.execute(TABLES))
    assert built == {
        (f"sandbox_{NAME}__staging", "stg_shop__customers"),
        (f"sandbox_{NAME}__snapshots", "snap_shop__customers"),
        (f"sandbox_{NAME}__marts", "dim_customers"),
        (f"sandbox_{NAME}__marts", "fct_orders"),
    }
    assert differences(before, warehouse.contents()) == {}
    quiet = "select count(*) > 0 from {}.stg_shop__customers where name <> upper(name)"
    assert warehouse.execute(quiet.format("staging")) == [(True,)]
    assert warehouse.execute(quiet.format(f"sandbox_{NAME}__staging")) == [(False,)]
    facts = "select count(*), sum(amount) from {}.fct_orders"
    assert warehouse.execute(facts.format("marts")) == warehouse.execute(facts.format(f"sandbox_{NAME}__marts"))

    for name in (*OTHERS, HOSTILE):
        warehouse.execute('create schema "{}"'.format(name.replace('"', '""')))
    schemas = {name for (name,) in warehouse.execute(SCHEMAS)}
    refused = make(repository, "drop-sandbox", env={**variables, "SANDBOX": 'pr"; drop'})
    assert refused.returncode and "A sandbox cannot have the name" in refused.stdout
    assert make(repository, "drop-sandbox", env=variables).returncode == 0
    dropped = schemas - {name for (name,) in warehouse.execute(SCHEMAS)}
    assert dropped == {HOSTILE, *(f"sandbox_{NAME}__{schema}" for schema in ("staging", "snapshots", "marts"))}
    assert differences(before, warehouse.contents()) == {}


@pytest.mark.exhaustive
def test_without_a_change_nothing_is_built(repository, warehouse, make):
    subprocess.run(["git", "checkout", "--quiet", "--", "transform"], cwd=repository, check=True)
    done = make(repository, "sandbox", env={**warehouse.variables, "SANDBOX": "ann"})
    assert done.returncode == 0 and "Nothing to do" in done.stdout
    assert not any(name.startswith("sandbox_ann") for (name,) in warehouse.execute(SCHEMAS))
