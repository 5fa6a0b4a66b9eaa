"""A generated repository runs green and passes its linters unchanged."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import duckdb
import environment as environments
import pytest
from configurations import AXES, in_style, spec_of
from evaluator import RULES, Project

from platform_new import flow

pytestmark = pytest.mark.proof
STYLES = [
    pytest.param(style, marks=[pytest.mark.xdist_group(f"style-{style}"), *([pytest.mark.exhaustive] if more else [])])
    for more, style in enumerate(AXES["modeling"])
]
"""The first modelling style; the others are exhaustive."""


@pytest.fixture(scope="module", params=STYLES)
def repository(request, make, tmp_path_factory) -> Path:
    """A repository of each modelling style, after a run on sample data."""
    folder = tmp_path_factory.mktemp("acme") / "acme"
    flow.create(folder, spec_of(in_style(request.param)), git=False)
    assert make(folder, "run").returncode == 0
    return folder


CHECKED = ("ruff check", "ruff format --check", "sqlfluff lint", "yamllint --strict", "--warn-error parse")
CHECKED += ("contracts/check.py", "vendor.github-workflows", "vendor.dependabot", "zizmor", "pytest orchestrate/tests")
"""The tools that `make check` runs; `LINTERS` find issues that it does not look for."""
LINTERS = {
    "ruff, the rules of Airflow": "ruff check --no-cache --preview --select AIR .",
    "platform.yml": "check-jsonschema --schemafile .platform/schema/platform.json platform.yml",
    "sources": "check-jsonschema --schemafile .platform/schema/source.json sources/shop.yml",
}


@pytest.mark.parametrize("linter", LINTERS)
def test_a_linter_finds_nothing(linter, repository, environment):
    program, *arguments = LINTERS[linter].split()
    assert_green([environment / "bin" / program, *arguments], repository)


def test_its_own_checks_are_green(repository, make):
    commands = make(repository, "check", "--dry-run").stdout
    assert [tool for tool in CHECKED if tool not in commands] == []
    assert len(list(repository.glob("contracts/**/*.odcs.yaml"))) > 10
    done = make(repository, "check")
    assert done.returncode == 0
    assert "deprecat" not in done.stdout.lower()


@pytest.mark.parametrize(
    "options", [pytest.param("--ignore=tests/test_flow.py", id="code"), pytest.param("", marks=pytest.mark.exhaustive)]
)
def test_its_own_tests_are_green(options, repository, make, postgres_url):
    """Its test of the whole flow runs the platform twice more, and so is for the exhaustive level."""
    env = {"TEST_POSTGRES_URL": f"{postgres_url}/postgres", "PYTEST_ADDOPTS": options}
    done = make(repository, "test", env=env)
    assert done.returncode == 0
    assert "skipped" not in done.stdout


BY_CATEGORY = """
    select sum(net_amount)::double, (sum(net_amount) / count(distinct order_id))::double
    from marts.fct_order_items join marts.dim_products using (product_key) group by category_name
"""


def queried(repository: Path, sql: str) -> list[tuple]:
    with duckdb.connect(str(repository / "data/local.duckdb"), read_only=True) as warehouse:
        return warehouse.execute(sql).fetchall()


def of_explore(explore: dict, selected: list[str]) -> str:
    """A query of an explore that Lightdash compiled, with all its joins."""
    joins = (
        f'left join {explore["tables"][each["table"]]["sqlTable"]} as "{each["table"]}" on {each["compiledSqlOn"]}'
        for each in explore["joinedTables"]
    )
    base = explore["baseTable"]
    return f'select {", ".join(selected)} from {explore["tables"][base]["sqlTable"]} as "{base}" {" ".join(joins)}'


def test_its_metrics_are_what_the_marts_add_up_to(repository, make):
    if "metrics" not in make(repository, "help").stdout:
        pytest.skip("this style has no metrics")
    assert "net_amount_per_order" in make(repository, "metrics").stdout
    done = make(repository, "query", "METRICS=net_amount,net_amount_per_order", "BY=product__category_name")
    assert done.returncode == 0
    numbers = [tuple(map(float, line.split()[-2:])) for line in done.stdout.splitlines() if line[-1:].isdigit()]
    expected = queried(repository, BY_CATEGORY)
    assert len(expected) > 1
    assert sorted(numbers) == [pytest.approx(pair, abs=0.006) for pair in sorted(expected)], "two decimals"


@pytest.mark.exhaustive
def test_lightdash_compiles_each_fact_to_sql_whose_metrics_are_what_the_marts_add_up_to(repository, lightdash):
    """Its compiler (`@lightdash/common`) reads the project; DuckDB runs the SQL, as no Lightdash server can be had."""
    if "hidden: true" not in (repository / "transform/dbt_project.yml").read_text():
        pytest.skip("this style has no metrics")
    compile_ = ["node", Path(__file__).with_name("lightdash.cjs"), repository / "transform/target/manifest.json"]
    env = {**os.environ, "NODE_PATH": str(lightdash / "node_modules")}
    done = subprocess.run(compile_, env=env, capture_output=True, check=True)
    explores = {each["name"]: each for each in json.loads(done.stdout)}
    assert {"fct_orders", "fct_order_items"} <= explores.keys()
    for explore in explores.values():
        assert not explore.get("errors") and not explore.get("warnings")
        metrics = [metric["compiledSql"] for metric in explore["tables"][explore["baseTable"]]["metrics"].values()]
        assert queried(repository, of_explore(explore, metrics)) == queried(
            repository, of_explore({**explore, "joinedTables": []}, metrics)
        ), "a join changes no metric"
    tables = explores["fct_order_items"]["tables"]
    metrics = [tables["fct_order_items"]["metrics"][name] for name in ("total_net_amount", "net_amount_per_order")]
    category = tables["product"]["dimensions"]["category_name"]
    sql = of_explore(explores["fct_order_items"], [f"({metric['compiledSql']})::double" for metric in metrics])
    by_category = queried(repository, f"{sql} group by {category['compiledSql']}")
    assert sorted(by_category) == [pytest.approx(pair) for pair in sorted(queried(repository, BY_CATEGORY))]


@pytest.mark.exhaustive
def test_dbt_finds_nothing_deprecated_on_the_strictest_adapter(repository, snowflake, tmp_path):
    output = {"type": "snowflake", "account": "nowhere", "user": "nobody", "password": "none", "threads": 1}
    output |= dict.fromkeys(("database", "warehouse", "schema"), "none")
    profiles = {"acme": {"target": "prod", "outputs": {"prod": output}}}
    (tmp_path / "profiles.yml").write_text(json.dumps(profiles))
    options = ["--show-all-deprecations", "--warn-error", "--no-partial-parse", "--no-send-anonymous-usage-stats"]
    folders = ["--project-dir", "transform", "--profiles-dir", tmp_path, "--target-path", tmp_path / "target"]
    done = assert_green([snowflake, "parse", *options, *folders, "--log-path", tmp_path], repository)
    assert "deprecat" not in done.stdout.lower()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_rule_of_dbt_project_evaluator_holds(rule, repository):
    project = Project(json.loads((repository / "transform/target/manifest.json").read_text()))
    assert sum(1 for _ in project.models) > 10
    assert list(rule(project)) == [], rule.__doc__


@pytest.fixture(scope="session")
def lightdash() -> Path:
    """A folder in which Node finds Lightdash's compiler."""
    folder = environments.node_environment(Path(__file__).parents[2] / ".cache", "@lightdash/common@1.167.4")
    if folder is None:
        pytest.skip("@lightdash/common cannot be installed here: it needs npm")
    return folder


@pytest.fixture(scope="session")
def snowflake() -> Path:
    """dbt with the Snowflake adapter, in a separate environment: its dependencies conflict with Airflow's."""
    folder = environments.dbt_environment(Path(__file__).parents[2] / ".cache", "dbt-snowflake==1.12.3")
    if folder is None:
        pytest.skip("dbt-snowflake cannot be installed here")
    return folder / "bin/dbt"


def assert_green(command: list[Path | str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command in the folder; if it fails, the test fails with its output."""
    done = subprocess.run(command, cwd=folder, env=environments.clean(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def test_a_configuration_runs_green_on_sample_data(executed, make, tmp_path):
    flow.create(tmp_path / "acme", spec_of(executed), git=False)
    assert make(tmp_path / "acme", "run").returncode == 0
    outcome = json.loads((tmp_path / "acme/data/last_run.json").read_text())
    assert outcome["ok"] and outcome["tests"]["passed"] > 20
    assert outcome["tests"]["failed"] == outcome["tests"]["warned"] == outcome["models"]["failed"] == 0
