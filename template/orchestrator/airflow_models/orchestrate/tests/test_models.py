"""The tasks that build the marts follow from dbt's manifest."""

import json
import subprocess

import pytest

from pipeline import models


def model(name, *after, kind="model", folder="marts"):
    """A node of the manifest with its key."""
    node = {"name": name, "resource_type": kind, "fqn": ["shop", folder, name]}
    return f"{kind}.shop.{name}", {**node, "depends_on": {"nodes": list(after)}}


def tasks(*nodes, functions=()):
    """The derived tasks by name."""
    manifest = {"nodes": dict(nodes), "functions": dict(functions)}
    return {task.name: task for task in models.expand(manifest)}


ORDERS, CUSTOMERS = "model.shop.stg_orders", "model.shop.stg_customers"
STAGING = (
    model("stg_orders", "source.shop.erp.orders", folder="staging"),
    model("stg_customers", "source.shop.erp.customers", folder="staging"),
)


def test_a_model_runs_with_its_tests_after_its_parents():
    found = tasks(
        *STAGING,
        model("fct_orders", ORDERS, CUSTOMERS),
        model("not_null_id", "model.shop.fct_orders", kind="test"),
        model("refers", "model.shop.fct_orders", CUSTOMERS, kind="test"),
        model("reconciles", "model.shop.fct_orders", "source.shop.erp.orders", kind="test"),
    )
    assert found.keys() == {"stg_orders", "stg_customers", "fct_orders"}
    assert found["fct_orders"].after == ["stg_customers", "stg_orders"]
    assert "build --select fct_orders --indirect-selection buildable" in found["fct_orders"].command
    assert found["stg_orders"].after == []
    assert {name: task.group for name, task in found.items()} == {
        "stg_orders": "staging",
        "stg_customers": "staging",
        "fct_orders": "marts",
    }


def test_tests_between_models_have_a_task_that_models_downstream_of_all_of_them_wait_for():
    found = tasks(
        *STAGING,
        model("refers", ORDERS, CUSTOMERS, kind="test"),
        model("balances", ORDERS, CUSTOMERS, kind="test"),
        model("fct_orders", ORDERS, CUSTOMERS),
        model("report", "model.shop.fct_orders"),
        model("dim_customers", CUSTOMERS),
    )
    between = found["tests.before.fct_orders"]
    assert between.command.startswith("test --select balances refers ")
    assert between.after == ["stg_customers", "stg_orders"]
    assert found["fct_orders"].after == [between.name]
    assert found["report"].after == ["fct_orders"]
    assert found["dim_customers"].after == ["stg_customers"]


def test_tests_that_the_same_models_wait_for_share_a_task():
    found = tasks(
        *STAGING,
        model("stg_products", "source.shop.erp.products", folder="staging"),
        model("has_customer", ORDERS, CUSTOMERS, kind="test"),
        model("has_product", ORDERS, "model.shop.stg_products", kind="test"),
        model("fct_orders", ORDERS, CUSTOMERS, "model.shop.stg_products"),
    )
    (shared,) = (task for task in found.values() if task.group == "tests")
    assert shared.command.startswith("test --select has_customer has_product ")
    assert shared.after == ["stg_customers", "stg_orders", "stg_products"]


def test_tests_that_nothing_waits_for_are_named_after_their_models():
    found = tasks(*STAGING, model("refers", ORDERS, CUSTOMERS, kind="test"))
    assert found["tests.stg_customers.stg_orders"].after == ["stg_customers", "stg_orders"]


def test_a_test_of_a_source_runs_before_the_models_that_read_it():
    found = tasks(*STAGING, model("is_full", "source.shop.erp.orders", kind="test"))
    assert found["tests.before.stg_orders"].after == []
    assert found["stg_orders"].after == ["tests.before.stg_orders"]
    assert found["stg_customers"].after == []


def test_a_test_without_models_keeps_nothing_waiting():
    found = tasks(*STAGING, model("clock_is_right", kind="test"))
    assert found["tests.other"].after == []
    assert found["stg_orders"].after == found["stg_customers"].after == []


def test_snapshots_seeds_and_functions_are_tasks():
    rates = {**model("rates", kind="seed", folder="rates")[1], "depends_on": {"macros": []}}
    found = tasks(
        *STAGING,
        model("snap_orders", ORDERS, "seed.shop.rates", kind="snapshot", folder="snap_orders"),
        ("seed.shop.rates", rates),
        model("fct_orders", "snapshot.shop.snap_orders", "function.shop.to_euros"),
        functions=[model("to_euros", kind="function")],
    )
    assert found["snap_orders"].group == "snapshots"
    assert found["snap_orders"].after == ["rates", "stg_orders"]
    assert found["fct_orders"].after == ["snap_orders", "to_euros"]


@pytest.mark.parametrize("name", ["shop", "staging", "build", "tests"])
def test_a_name_that_would_select_more_than_its_model_is_qualified(name):
    found = tasks(*STAGING, model(name, ORDERS))
    assert f"build --select shop.marts.{name} " in found[f"shop.marts.{name}"].command


def test_versions_of_a_model_are_tasks_of_their_own():
    versions = [model("fct_orders", ORDERS) for _ in range(2)]
    for number, (_, node) in enumerate(versions, 1):
        node |= {"version": number, "fqn": [*node["fqn"], f"v{number}"]}
    keyed = [(f"{key}.v{number}", node) for number, (key, node) in enumerate(versions, 1)]
    found = tasks(*STAGING, *keyed)
    assert {"fct_orders.v1", "fct_orders.v2"} <= found.keys()


def test_the_name_of_a_task_has_a_length_that_airflow_accepts():
    parents = [model(f"stg_{number}_{'x' * 50}", folder="staging") for number in range(9)]
    found = tasks(*parents, model("compares", *(key for key, _ in parents), kind="test"))
    assert max(map(len, found)) <= 250


def test_the_file_has_the_tasks_of_this_project():
    done = subprocess.run(models.CHECK, shell=True, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_tasks_of_models_that_are_gone_are_reported(tmp_path, monkeypatch, capsys):
    known = [*models.read_tasks(), models.Task("fct_gone", "marts", "build", [])]
    monkeypatch.setattr(models, "TASKS", tmp_path / "tasks.json")
    models.TASKS.write_text(json.dumps(known))
    monkeypatch.setattr("sys.argv", ["models.py", "--check"])
    assert models.main() == 1
    assert "has changed (fct_gone): run `make tasks`" in capsys.readouterr().out


def test_without_the_file_the_error_names_the_command(tmp_path, monkeypatch):
    monkeypatch.setattr(models, "TASKS", tmp_path / "tasks.json")
    with pytest.raises(FileNotFoundError, match="make tasks"):
        models.read_tasks()


def test_the_dag_has_the_tasks_in_this_order():
    from airflow.dag_processing.dagbag import DagBag

    dag = DagBag(models.ROOT / "orchestrate" / "dags" / "build_marts.py").dags["build_marts"]
    for name, _, command, after in models.read_tasks():
        task = dag.get_task(name)
        assert command in task.bash_command
        assert task.upstream_task_ids == set(after or ["prepare"])
        assert "build" in {each.task_id for each in task.get_flat_relatives()}
