"""Trials of the architecture: a folder added to a copy of this project, without any Python, works everywhere."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from platform_new.catalog import template_root

pytestmark = pytest.mark.proof

CATALOGUE = {
    "axis.yml": """\
label: Data catalogue
question: Where do people look for data?
description: Where people look for data.
default: none
order: 45
sheet:
  port: {type: number, description: The port of its server.}
""",
    "none/choice.yml": "label: None\nsummary: No catalogue.\nwhy: dbt's docs are enough.\nstatus: executed\n",
    "datahub/choice.yml": """\
label: DataHub
summary: An open catalogue.
why: Lineage across tools.
status: compiled
sheet:
  port: 8080
  variables: {DATAHUB_GMS_URL: Where DataHub listens}
  folders: {catalogue: what DataHub reads}
""",
    "datahub/catalogue/{source}.yml.jinja": (
        "source: [[ source.name ]]\nserver: http://localhost:[[ choices.catalogue.sheet.port ]]\n"
    ),
}
OBSERVABILITY = {
    "axis.yml": """\
label: Observability
question: What watches the runs?
description: What watches the runs.
many: true
""",
    "grafana/choice.yml": "label: Grafana\nsummary: Dashboards.\nwhy: It is free.\nstatus: compiled\norder: 10\n",
    "grafana/observability/grafana.yml.jinja": "name: [[ platform.name ]]\n",
    "datadog/choice.yml": """\
label: Datadog
summary: A service.
why: Nothing to run.
status: compiled
order: 20
clashes:
  - {axis: ci, choice: none, because: its checks run in CI}
sheet:
  variables: {DD_API_KEY: The key of Datadog}
""",
    "datadog/observability/datadog.yml.jinja": (
        "watched_by: [[ choices.observability | map(attribute='name') | list | py ]]\n"
    ),
}

SNOWFLAKE = {
    "choice.yml": """\
label: Snowflake
summary: A warehouse in the cloud.
why: Nothing to run, and each team has its own compute.
status: compiled
order: 30
requires:
  prod: [dbt-snowflake>=1.11]
sheet:
  name: Snowflake
  server: snowflake
  contract: {account: "${SNOWFLAKE_ACCOUNT}"}
  writers: 8
  variables: {SNOWFLAKE_ACCOUNT: The account}
""",
    "transform/profiles.yml.jinja": """\
[[ platform.name | dbt_project ]]:
  target: local
  outputs:
    local:
      type: duckdb
      path: "{{ env_var('PLATFORM_ROOT', '..') }}/data/local.duckdb"
    prod:
      type: snowflake
      account: "{{ env_var('SNOWFLAKE_ACCOUNT', '') }}"
""",
    "transform/macros/snowflake.sql": """\
{% macro snowflake__utc(column) -%}
    cast(convert_timezone('UTC', {{ column }}) as timestamp_ntz)
{%- endmacro %}
""",
    "ingest/destination.py": '''\
"""The production warehouse."""

from contextlib import nullcontext

import dlt


def production(**options):
    """The dlt destination."""
    return dlt.destinations.snowflake(**options)


def locked(what):
    """Nothing to hold."""
    return nullcontext()
''',
}
RUNDECK = {
    "choice.yml": """\
label: Rundeck
summary: Jobs with their commands.
why: Operators already start their jobs there.
status: compiled
order: 30
requires:
  orchestrate: [requests>=2]
sheet:
  imports: [orchestrate]
""",
    "orchestrate/README.md": "# orchestrate: schedules\n\n`jobs.py` has every job.\n",
    "orchestrate/jobs.py.jinja": '''\
"""Every job, with its schedule and what it waits for."""

JOBS = {
[% for job in plan.jobs %]
    "[[ job.name ]]": {
        "schedule": [[ job.schedule | py if job.schedule else "None" ]],
        "after": [[ job.after | map(attribute="name") | list | py ]],
        "commands": [[ job.tasks | map(attribute="command") | list | py ]],
        "retries": [[ job.policy.retries ]],
        "pool": [[ job.pool.name | py ]],
    },
[% endfor %]
}
''',
}
DATA_VAULT = {
    "choice.yml": """\
label: Data Vault
summary: Hubs and satellites, with information marts on top.
why: Every load is kept as it came.
status: compiled
order: 30
brings: [shared_keys]
sheet:
  entities:
    hub: a hub
    info: an information mart
""",
    "_parts/dbt_models.jinja": "    vault:\n      +schema: vault\n      +materialized: table\n",
    "transform/models/vault/hub_{hub}.sql.jinja": (
        "select\n    {{ surrogate_key([[ hub.key | list ]]) }} as [[ hub.entity ]]_hk,\n"
        "    [[ hub.key | join(', ') ]]\nfrom {{ ref('[[ hub.detail ]]') }}\n"
    ),
    "transform/models/vault/hub_{hub}.yml.jinja": (
        '[% set mart = hub %]\n[% include "shared/mart_properties.jinja" %]\n'
    ),
    "transform/models/marts/info_{info}.sql.jinja": (
        "select\n    [[ info.columns | map(attribute='name') | join(',\\n    ') ]]\n"
        "from {{ ref('hub_[[ info.entity ]]') }}\n"
    ),
    "transform/models/marts/info_{info}.yml.jinja": (
        '[% set mart = info %]\n[% include "shared/mart_properties.jinja" %]\n'
    ),
}
VAULT_MODULE = '''\
"""Data Vault: a hub for each table with a key, and an information mart of its keys."""

from __future__ import annotations

from platform_new.plan.model import INTERNAL, Mart, Model, PlannedColumn, PlannedSource
from platform_new.spec.models import PlatformCore


def derive(sources: tuple[PlannedSource, ...], platform: PlatformCore, rebuilt_because: str) -> Model:
    """Derive hubs, which only models read, and the marts on top of them."""
    hubs, infos = [], []
    for table in (table for source in sources for table in source.tables if table.key):
        keys = tuple(table.column(name) for name in table.key)
        hashed = PlannedColumn(f"{table.table}_hk", "text", "The hash key")
        common = {"entity": table.table, "key": table.key, "grain": table.origin, "source": table.source}
        columns = (hashed, *keys)
        hubs.append(
            Mart(f"hub_{table.table}", "hub", description="A hub", columns=columns, refs=(table.model,),
                 visibility=INTERNAL, detail=table.model, **common)
        )
        infos.append(
            Mart(f"info_{table.table}", "info", description="Its keys", columns=columns,
                 refs=(f"hub_{table.table}",), **common)
        )
    return Model((*hubs, *infos), {"hub": tuple(hubs), "info": tuple(infos)})
'''


TESTS = Path(__file__).parents[1]
PROMISES = """
import sys
from pathlib import Path
import promises
from platform_new import flow
folder = Path(sys.argv[1])
print("\\n".join(promises.broken(promises.Tree(folder, flow.plan_for(flow.load(folder))))), end="")
"""


@dataclass(frozen=True)
class Fork:
    """A copy of this project, with a folder to run its command in."""

    root: Path
    here: Path

    def add(self, axis: str, files: dict[str, str]) -> None:
        """Add the files of an axis."""
        for name, text in files.items():
            path = self.root / "template" / axis / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def run(self, *words: str, folder: str = ".", **variables: str) -> subprocess.CompletedProcess[str]:
        """Run the command of the copy."""
        environment = {**os.environ, "PYTHONPATH": str(self.root / "src"), **variables}
        command = [sys.executable, "-m", "platform_new", *words]
        return subprocess.run(
            command, cwd=self.here / folder, env=environment, capture_output=True, text=True, check=False
        )

    def must(self, *words: str, folder: str = ".", **variables: str) -> str:
        """The output of the copy's command, which has to succeed."""
        done = self.run(*words, folder=folder, **variables)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def keeps_its_promises(self, folder: str = "acme") -> bool:
        """Whether a repository keeps every repository's promises, by the plan of the copy; prints broken promises."""
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(self.root / "src"), str(TESTS)])}
        command = [sys.executable, "-c", PROMISES, folder]
        done = subprocess.run(command, cwd=self.here, env=environment, capture_output=True, text=True, check=False)
        print(done.stdout, done.stderr)
        return done.returncode == 0 and not done.stdout

    def platform(self, folder: str = "acme") -> dict:
        """The content of `platform.yml`."""
        return yaml.safe_load((self.here / folder / "platform.yml").read_text())


@pytest.fixture
def fork(tmp_path: Path) -> Fork:
    """A copy of this project, as a contributor has it who adds a choice."""
    root = tmp_path / "fork"
    for name in ("src", "template"):
        shutil.copytree(template_root() / name, root / name, ignore=shutil.ignore_patterns("__pycache__", ".*_cache"))
    shutil.copy(template_root() / "copier.yml", root)
    (tmp_path / "here").mkdir()
    return Fork(root, tmp_path / "here")


def test_an_axis_is_a_folder_and_nothing_else(fork):
    fork.add("catalogue", CATALOGUE)
    assert "--catalogue" in fork.must("new", "--help")
    assert "datahub  DataHub: An open catalogue." in fork.must("choices", "catalogue")
    property_ = json.loads(fork.must("schema", "platform"))["properties"]["catalogue"]
    assert (property_["enum"], property_["default"]) == (["datahub", "none", None], "none")

    fork.must("acme", "--yes")
    assert fork.platform()["catalogue"] == "none"
    assert not (fork.here / "acme/catalogue").exists()
    fork.must("by-flag", "--yes", "--catalogue", "datahub")
    fork.must("by-variable", "--yes", PLATFORM_NEW_CATALOGUE="datahub")
    (fork.here / "answers.yml").write_text("catalogue: datahub\n")
    fork.must("by-file", "--yes", "--spec", "answers.yml")
    for folder in ("by-flag", "by-variable", "by-file"):
        assert (
            fork.here / folder / "catalogue/shop.yml"
        ).read_text() == "source: shop\nserver: http://localhost:8080\n"

    fork.must("set", "catalogue", "datahub", "--commit", folder="acme")
    assert 'catalogue: "datahub"  # or none' in (fork.here / "acme/platform.yml").read_text()
    assert "DATAHUB_GMS_URL" in (fork.here / "acme/.env.example").read_text()
    plan = json.loads(fork.must("plan", "--json", folder="acme"))
    assert plan["choices"]["catalogue"] == "datahub"
    assert {"catalogue datahub × source shop"} == {
        file["because"] for file in plan["files"] if file["path"].startswith("catalogue/")
    }
    assert "catalogue datahub" in fork.must("why", "catalogue/shop.yml", folder="acme")
    card = fork.root / "template/catalogue/datahub/choice.yml"
    card.write_text(card.read_text().replace("8080", "8181"))
    fork.must("update", "--commit", folder="acme")
    assert "8181" in (fork.here / "acme/catalogue/shop.yml").read_text()
    assert fork.keeps_its_promises()


def test_an_unknown_choice_of_a_new_axis_is_refused_like_any_other(fork):
    fork.add("catalogue", CATALOGUE)
    done = fork.run("acme", "--yes", "--catalogue", "datahb")
    assert done.returncode == 2
    assert "--catalogue: unknown catalogue (`datahb`)\n    → did you mean `datahub`?" in done.stderr


def test_an_axis_may_take_several_choices(fork):
    fork.add("observability", OBSERVABILITY)
    property_ = json.loads(fork.must("schema", "platform"))["properties"]["observability"]
    assert property_["anyOf"][1]["items"]["enum"] == ["grafana", "datadog"]

    fork.must("acme", "--yes")
    assert fork.platform()["observability"] == []
    assert not (fork.here / "acme/observability").exists()

    fork.must("both", "--yes", "--observability", "grafana,datadog")
    fork.must("each", "--yes", "--observability", "grafana", "--observability", "datadog")
    fork.must("said", "--yes", PLATFORM_NEW_OBSERVABILITY="grafana, datadog")
    for folder in ("both", "each", "said"):
        assert fork.platform(folder)["observability"] == ["grafana", "datadog"]
        watched = (fork.here / folder / "observability/datadog.yml").read_text()
        assert watched == 'watched_by: ["grafana", "datadog"]\n'
        assert (fork.here / folder / "observability/grafana.yml").exists()
        assert "DD_API_KEY" in (fork.here / folder / ".env.example").read_text()
    assert json.loads(fork.must("plan", "--json", folder="both"))["choices"]["observability"] == ["grafana", "datadog"]


@pytest.mark.exhaustive
def test_choices_are_added_and_removed_one_by_one(fork):
    fork.add("observability", OBSERVABILITY)
    fork.must("acme", "--yes")
    fork.must("set", "observability+=datadog", "--commit", folder="acme")
    assert fork.platform()["observability"] == ["datadog"]
    fork.must("set", "observability+=", "grafana", "--commit", folder="acme")
    assert fork.platform()["observability"] == ["datadog", "grafana"]
    fork.must("set", "observability-=datadog", "--commit", folder="acme")
    assert fork.platform()["observability"] == ["grafana"]
    assert not (fork.here / "acme/observability/datadog.yml").exists()
    fork.must("set", "observability", "datadog,grafana", "--commit", folder="acme")
    assert fork.platform()["observability"] == ["datadog", "grafana"]
    fork.must("set", "observability=", "--commit", folder="acme")
    assert fork.platform().get("observability", []) == []
    assert fork.keeps_its_promises()

    refused = {
        ("observability-=grafana",): "does not have this choice",
        ("warehouse+=postgres",): "`warehouse` takes a single choice",
        ("owner+=me",): "`owner` takes a single value",
        ("observability+=grafanna",): "did you mean `grafana`?",
        ("observability",): "missing value",
    }
    before = (fork.here / "acme/platform.yml").read_text()
    for words, reason in refused.items():
        done = fork.run("set", *words, folder="acme")
        assert done.returncode == 2, words
        assert reason in done.stderr
    assert (fork.here / "acme/platform.yml").read_text() == before


@pytest.mark.exhaustive
def test_the_rules_hold_for_each_of_several_choices(fork):
    fork.add("observability", OBSERVABILITY)
    fork.must("acme", "--yes")
    path = fork.here / "acme/platform.yml"
    text = path.read_text().replace("observability: []", "observability: [grafana, datadg, grafana]")
    path.write_text(text)
    line = text[: text.index("observability:")].count("\n") + 1
    done = fork.run("check", folder="acme")
    assert f"platform.yml:{line}: unknown observability (`datadg`)" in done.stdout
    assert f"platform.yml:{line}: duplicate choice (`grafana`)" in done.stdout
    path.write_text(text.replace("[grafana, datadg, grafana]", "datadog").replace("ci: github", "ci: none"))
    done = fork.run("check", folder="acme")
    assert "Datadog cannot be combined with ci `none`: its checks run in CI" in done.stdout
    path.write_text(text.replace("[grafana, datadg, grafana]", "grafana"))
    fork.must("update", "--commit", folder="acme")
    assert (fork.here / "acme/observability/grafana.yml").exists()


def test_a_warehouse_is_a_folder_with_its_own_dialect(fork):
    fork.add("warehouse/flake", SNOWFLAKE)
    fork.must("acme", "--yes", "--warehouse", "flake")
    assert (fork.here / "acme/transform/macros/snowflake.sql").exists()
    assert "SNOWFLAKE_ACCOUNT" in (fork.here / "acme/.env.example").read_text()
    assert "type: snowflake" in (fork.here / "acme/contracts/outbound/dim_customers.odcs.yaml").read_text()
    assert fork.keeps_its_promises()
    fork.must("set", "warehouse", "duckdb", "--commit", folder="acme")
    assert not (fork.here / "acme/transform/macros/snowflake.sql").exists()


def test_an_orchestrator_is_a_folder_that_renders_the_jobs_of_the_plan(fork):
    fork.add("orchestrator/rundeck", RUNDECK)
    fork.must("acme", "--yes", "--orchestrator", "rundeck", "--processing", "lambda")
    assert fork.keeps_its_promises()
    said: dict = {}
    exec((fork.here / "acme/orchestrate/jobs.py").read_text(), said)
    jobs = said["JOBS"]
    loads = {"stream_checkout", "load_checkout", "load_shop"}
    assert set(jobs) == {*loads, "build_marts", "check_freshness", "maintain_lake"}
    assert jobs["load_shop"]["commands"] == [".venv/bin/python -m ingest shop"]
    assert jobs["load_checkout"]["schedule"] is None
    assert jobs["build_marts"]["after"] == ["raw_shop", "raw_checkout"]
    for path in (fork.here / "acme").rglob("*"):
        if path.name == "Makefile" or path.suffix in (".md", ".mk"):
            assert "airflow" not in path.read_text().lower(), path


def test_a_modelling_style_is_a_folder_and_the_module_that_derives_it(fork):
    fork.add("modeling/small_vault", DATA_VAULT)
    (fork.root / "src/platform_new/plan/modeling/small_vault.py").write_text(VAULT_MODULE)
    fork.must("acme", "--yes", "--modeling", "small_vault", "--orchestrator", "none")
    assert fork.keeps_its_promises()
    folder = fork.here / "acme"
    assert (folder / "transform/models/vault/hub_customers.sql").exists()
    assert (folder / "transform/macros/surrogate_key.sql").exists()
    contracts = {path.name for path in (folder / "contracts/outbound").glob("*.odcs.yaml")}
    assert "info_customers.odcs.yaml" in contracts
    assert not any(name.startswith("hub_") for name in contracts)
    plan = json.loads(fork.must("plan", "--json", folder="acme"))
    seen = {mart["kind"]: mart["visibility"] for mart in plan["marts"]}
    assert seen == {"hub": "internal", "info": "public"}
