"""A platform for Snowflake, without an account: its names agree, its models compile, and it runs on a stand-in."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import environment as environments
import pytest
import sqlglot
from made import generate
from sqlglot import exp
from sqlglot.optimizer.normalize_identifiers import normalize_identifiers

from platform_new import flow
from platform_new.catalog import load_catalog
from platform_new.certify.stand_in import environment as stand_in_environment
from platform_new.certify.stand_in import stand_in_of

ROOT = Path(__file__).parents[2]
NOBODY = {
    "SNOWFLAKE_ACCOUNT": "nowhere",
    "SNOWFLAKE_DATABASE": "acme",
    "SNOWFLAKE_WAREHOUSE": "acme",
    "SNOWFLAKE_ROLE": "nobody",
    "SNOWFLAKE_USER": "nobody",
    "SNOWFLAKE_PASSWORD": "none",
}
STYLES = ("star", "snowflake", "obt", "data_vault")
COMPILE = ("compile", "--no-introspect", "--no-populate-cache", "--target", "prod")
KEYWORDS = """\
warehouse: snowflake
orchestrator: none
sources:
  - name: shop
    kind: sqlite
    tables:
      - name: order
        role: fact
        event_time: date
        load: {mode: incremental, cursor: changed, deletes: mark}
        key: [number]
        columns:
          - {name: number, type: integer, required: true}
          - {name: group, type: text, references: user.group}
          - {name: date, type: timestamptz}
          - {name: changed, type: timestamp}
          - {name: amount, type: "numeric(10, 2)"}
      - name: user
        key: [group]
        columns:
          - {name: group, type: text, required: true}
          - {name: select, type: json}
"""
WRITTEN = """\
import json, sys
import dlt
from ingest.column_types import arrow_schema, dlt_columns
from ingest.spec import read_source
from ingest.warehouse import destination

source, names = read_source("shop"), []
pipeline = dlt.pipeline("names", pipelines_dir=sys.argv[1], destination=destination("prod"), dataset_name="raw_shop")

def empty(columns):
    yield arrow_schema(columns).empty_table()

for table in source.tables:
    for name, columns in ((table.name, table.columns), (f"{table.name}__keys", table.key_columns)):
        names.append(name)
        resource = dlt.resource(empty(columns), name=name, columns=dlt_columns(columns))
        pipeline.extract(resource, loader_file_format="parquet")
pipeline.normalize()
client = pipeline.destination_client()
tables = {name: list(client.schema.get_table_columns(name).values()) for name in names}
# Otherwise a merge of a table with a column such as `created_at` would not be in a transaction.
assert client.capabilities.supports_ddl_transactions and client.sql_client.commits_ddl
print("DDL", json.dumps([client._get_table_update_sql(name, columns, False)[0] for name, columns in tables.items()]))
"""


def run(environment: Path, folder: Path, *command: str, **variables: str) -> str:
    """Run a command of the environment in the repository; returns its output."""
    places = {"PLATFORM_ROOT": str(folder), "DBT_PROFILES_DIR": "transform", "DBT_PROJECT_DIR": "transform"}
    env = environments.clean({**places, "PYTHONPATH": str(folder), "DO_NOT_TRACK": "1", **variables})
    done = subprocess.run(
        [environment / "bin" / command[0], *command[1:]], cwd=folder, env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.proof
def test_dlt_writes_the_names_that_dbt_reads(environment, tmp_path):
    """Even if they are keywords: both in the case in which Snowflake stores them. No statement is sent."""
    (tmp_path / "spec.yml").write_text(KEYWORDS)
    folder = generate(tmp_path / "acme", "--spec", str(tmp_path / "spec.yml"))
    said = run(environment, folder, "python", "-c", WRITTEN, str(tmp_path / "pipelines"), **NOBODY)
    statements = json.loads(said.partition("DDL ")[2])
    written = {
        (create.this.this.db, create.this.this.name): {column.name for column in create.find_all(exp.ColumnDef)}
        for create in (sqlglot.parse_one(statement, read="snowflake") for statement in statements)
    }
    run(environment, folder, "dbt", *COMPILE, "--quiet", **NOBODY)
    read = {}
    for path in (folder / "transform/target/compiled/acme/models/staging").rglob("stg_*.sql"):
        query = normalize_identifiers(sqlglot.parse_one(path.read_text(), read="snowflake"), dialect="snowflake")
        tables = {(table.db, table.name) for table in query.find_all(exp.Table) if table.db}
        columns = {column.name for column in query.find_all(exp.Column)}
        read |= dict.fromkeys(tables, columns)
    assert {("RAW_SHOP", "ORDER"), ("RAW_SHOP", "ORDER__KEYS"), ("RAW_SHOP", "USER")} <= read.keys() <= written.keys()
    everything = {name for columns in written.values() for name in columns}
    assert {"GROUP", "DATE", "SELECT"} <= {name for columns in read.values() for name in columns} <= everything


LOGIN = """\
import os
from dbt.adapters.snowflake.auth import private_key_from_string
from dbt.adapters.snowflake.connections import snowflake_private_key
from ingest.destination import _credentials

loads = _credentials().to_connector_params()
builds = snowflake_private_key(private_key_from_string(os.environ["SNOWFLAKE_PRIVATE_KEY"]))
print(loads["private_key"] == builds, loads["password"])
"""


@pytest.mark.proof
@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
def test_loads_and_builds_log_in_with_the_same_key_as_pem_or_in_one_line(environment, tmp_path):
    folder = generate(tmp_path / "acme", "--warehouse", "snowflake")
    pem = subprocess.run(
        "openssl genrsa 2048 | openssl pkcs8 -topk8 -nocrypt", shell=True, capture_output=True, text=True, check=True
    ).stdout
    for key in (pem, "".join(line for line in pem.splitlines() if "-----" not in line)):
        said = run(environment, folder, "python", "-c", LOGIN, **{**NOBODY, "SNOWFLAKE_PRIVATE_KEY": key})
        assert said.split() == ["True", "None"]


@pytest.mark.proof
def test_a_load_without_an_account_says_which_variables_are_missing(environment, tmp_path):
    folder = generate(tmp_path / "acme", "--warehouse", "snowflake")
    command = [environment / "bin/python", "-m", "ingest", "--target", "prod", "--sample-rows", "10"]
    env = environments.clean({"SNOWFLAKE_ACCOUNT": "nowhere", "PLATFORM_ROOT": str(folder)})
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "set SNOWFLAKE_DATABASE, SNOWFLAKE_WAREHOUSE, SNOWFLAKE_ROLE, SNOWFLAKE_USER, " in done.stderr
    assert "SNOWFLAKE_PRIVATE_KEY or SNOWFLAKE_PASSWORD" in done.stderr


@pytest.mark.proof
@pytest.mark.parametrize("style", STYLES)
def test_its_models_compile_without_a_connection(style, environment, tmp_path):
    folder = generate(tmp_path / "acme", "--warehouse", "snowflake", "--modeling", style, "--orchestrator", "none")
    run(environment, folder, "dbt", *COMPILE, "--quiet", **NOBODY)
    compiled = [path.read_text() for path in (folder / "transform/target/compiled/acme/models").rglob("*.sql")]
    assert compiled and not any("isodow" in text for text in compiled)


@pytest.mark.proof
def test_a_laptop_needs_no_package_of_snowflake(make, tmp_path):
    folder = generate(tmp_path / "acme", "--warehouse", "snowflake")
    groups = (folder / "pyproject.toml").read_text().partition("[dependency-groups]")[2].split("\n]\n")
    assert [group.split(" =")[0].strip() for group in groups if "snowflake" in group] == ["prod"]
    assert make(folder, "run", env={"SAMPLE_ROWS": "50"}).returncode == 0


def certify(folder: Path, environment: Path, cache: Path) -> subprocess.CompletedProcess[str]:
    """Certify a repository in the environment of all repositories; its stand-in stays in the cache of the tests."""
    (folder / ".venv").symlink_to(environment)
    command = [
        Path(sys.executable).with_name("platform-new"),
        "certify",
        str(folder),
        "--page",
        str(folder / "page.md"),
    ]
    env = environments.clean({**environments.with_uv(cache), "XDG_CACHE_HOME": str(cache)})
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


@pytest.mark.exhaustive
@pytest.mark.xdist_group("stand-in")
@pytest.mark.parametrize("style", STYLES)
def test_on_a_stand_in_every_mart_is_what_it_is_on_a_laptop(style, environment, tmp_path):
    folder = generate(tmp_path / "acme", "--warehouse", "snowflake", "--modeling", style, "--orchestrator", "none")
    done = certify(folder, environment, ROOT / ".cache")
    assert done.returncode == 0, done.stdout + done.stderr
    page = (folder / "page.md").read_text()
    assert "emulated by fakesnow" in done.stdout and "fakesnow 0.12.1 on duckdb" in page
    marts = page.partition("## Marts")[2].partition("## Models")[0].splitlines()[4:-1]
    assert marts and all(line.endswith("| none |") for line in marts)
    assert not (folder / "data").exists()
    if style == "star":
        # Without the first lines, which have the date and the versions.
        shown = (ROOT / "docs/certificates/snowflake.md").read_text()
        assert page.partition("## Marts")[2] == shown.partition("## Marts")[2]
    counts = [f"{number} of {number}" for number in re.findall(r"(\d+) of", done.stdout)[:3]]
    assert f"| `{style}` | {' | '.join(counts)} |" in (ROOT / "docs/warehouses.md").read_text()


@pytest.mark.exhaustive
@pytest.mark.xdist_group("stand-in")
def test_a_certificate_names_what_differs_and_what_fails(environment, tmp_path):
    folder = generate(tmp_path / "acme", "--warehouse", "snowflake", "--modeling", "obt", "--orchestrator", "none")
    (model,) = (folder / "transform/models/marts").glob("*orders.sql")
    text = model.read_text()
    assert "orders.order_status," in text, text
    wrong = "{{ \"upper(orders.order_status)\" if target.name == 'prod' else 'orders.order_status' }} as order_status,"
    model.write_text(text.replace("orders.order_status,", wrong))
    done = certify(folder, environment, ROOT / ".cache")
    assert done.returncode == 1
    assert "rows only locally" in done.stdout and "in `order_status`" in done.stdout


LOCKS = """\
import threading, time
import ingest.lease as lease

lease.PAUSE, lease.SECONDS = 0.1, 6
account = {"user": "u", "account": "a", "database": "acme", "password": "p"}
first = lease.snowflake.connector.connect(**account)
# The stand-in cannot create a table in two connections at once.
lease._Lease(first, "shop")
events = []

def hold(number, seconds):
    with lease.leased("shop", account):
        events.append(number)
        time.sleep(seconds)
        events.append(number)

# Longer than a lock lasts, so that it has to be renewed.
threads = [threading.Thread(target=hold, args=(number, 8)) for number in range(2)]
for thread in threads:
    thread.start()
    time.sleep(2)
for thread in threads:
    thread.join()
assert events[0] == events[1] != events[2] == events[3], events

assert lease._Lease(first, "shop").taken() and not lease._Lease(first, "shop").taken()
assert lease._Lease(first, "models").taken()
since = time.monotonic()
hold("after the holder was killed", 0)
assert 4 < time.monotonic() - since < 60

def rob():
    time.sleep(1)
    first.cursor().execute("update locks.leases set holder = 'another', until = dateadd(hour, 1, sysdate())")

threading.Thread(target=rob).start()
hold("robbed", 60)
print("not reached")
"""


@pytest.mark.exhaustive
@pytest.mark.xdist_group("stand-in")
def test_a_lock_is_held_by_one_ends_with_a_killed_holder_and_stops_who_has_lost_it(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(ROOT / ".cache"))
    folder = generate(tmp_path / "acme", "--warehouse", "snowflake", "--modeling", "obt", "--orchestrator", "none")
    catalog, plan = load_catalog(), flow.plan_for(flow.load(folder))
    stand_in, modules = stand_in_of(plan.choices["warehouse"], catalog)
    python = stand_in_environment(stand_in, plan, folder, lambda _: None)
    (tmp_path / "data").mkdir()
    paths = f"{folder}{os.pathsep}{modules}"
    env = environments.clean(
        {"STAND_IN_DATA": str(tmp_path / "data"), "PYTHONPATH": paths, "PLATFORM_ROOT": str(folder)}
    )
    done = subprocess.run([python, "-c", LOCKS], cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, "not reached" in done.stdout) == (1, False), done.stderr
    assert "shop: stopped, its lock was lost. Run it again." in done.stderr
