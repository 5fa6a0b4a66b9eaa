"""Airflow with one task per model has the result of `make run`, and after a failure only the failed model is rerun."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections import Counter

import environment
import pytest
from made import generate, state_of
from warehouse import differences

pytestmark = [pytest.mark.exhaustive, pytest.mark.xdist_group("airflow")]

SPEC = """\
warehouse: duckdb
orchestrator: airflow_models
modeling: star
sources:
  - name: shop
    kind: postgres
    tables:
      - name: customers
        role: dimension
        key: [customer_id]
        columns:
          - {name: customer_id, type: integer, required: true}
          - {name: city, type: text}
      - name: orders
        role: fact
        event_time: ordered_at
        key: [order_id]
        columns:
          - {name: order_id, type: integer, required: true}
          - {name: customer_id, type: integer, required: true, references: customers.customer_id}
          - {name: amount, type: "numeric(10, 2)", required: true}
          - {name: ordered_at, type: timestamptz, required: true}
"""
RECORDING = {"DBT_LOG_FORMAT_FILE": "json"}
"""dbt writes its log as events that name each node."""
FAILED = "stg_shop__customers"
DOWNSTREAM = {
    "snap_shop__customers",
    "dim_customers",
    "tests.before.fct_orders",
    "fct_orders",
    "tests.dim_date.fct_orders",
    "build",
}
OTHERS = {"prepare", "stg_shop__orders", "dim_date"}


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """A platform with a few models, which runs on sample data, and retries without a pause."""
    folder = tmp_path_factory.mktemp("airflow_models")
    (folder / "spec.yml").write_text(SPEC, encoding="utf-8")
    repository = generate(folder / "acme", "--spec", str(folder / "spec.yml"))
    policies = repository / "orchestrate/dags/pipeline/policies.py"
    text = policies.read_text(encoding="utf-8")
    assert "minutes=2)" in text
    policies.write_text(text.replace("minutes=2)", "seconds=1)"), encoding="utf-8")
    return repository


def test_the_tasks_run_each_model_and_test_once_and_leave_the_tables_of_make_run(repository, make, tmp_path):
    done = make(repository, "dag-load_shop", "dag-build_marts", env=RECORDING)
    assert done.returncode == 0
    assert done.stdout.count("state=success") >= 2
    by_tasks = finished(repository)
    by_airflow = state_of(done, repository, tmp_path / "by_airflow")
    by_make = state_of(make(repository, "run", env=RECORDING), repository, tmp_path / "by_make")
    assert by_make.green
    by_one_build = finished(repository)
    assert {"model", "snapshot", "test", "unit_test"} == {node.partition(".")[0] for node in by_one_build}
    assert by_tasks == by_one_build
    assert set(by_tasks.values()) == {1}
    assert differences(by_airflow.contents, by_make.contents) == {}


def test_after_a_failure_the_other_branches_are_built_and_rerunning_the_model_finishes_the_dag(repository, make):
    # The database of Airflow has no earlier runs, whose assets would start more.
    shutil.rmtree(repository / "data/airflow", ignore_errors=True)
    assert make(repository, "run").returncode == 0
    broken = repository / "transform/tests/no_customers.sql"
    broken.parent.mkdir(exist_ok=True)
    broken.write_text(f"select * from {{{{ ref('{FAILED}') }}}}\n", encoding="utf-8")
    finished(repository)
    with Airflow(repository) as airflow:
        run = airflow.trigger("build_marts")
        assert airflow.outcome(run) == "failed"
        first = airflow.tasks(run)
        states = {name: task["state"] for name, task in first.items()}
        assert states == {
            FAILED: "failed",
            **dict.fromkeys(OTHERS, "success"),
            **dict.fromkeys(DOWNSTREAM, "upstream_failed"),
        }
        built = finished(repository)
        broken.write_text(f"select * from {{{{ ref('{FAILED}') }}}} where false\n", encoding="utf-8")
        assert set(airflow.clear(run, FAILED)) == {FAILED, *DOWNSTREAM}
        assert airflow.outcome(run) == "success"
        second = airflow.tasks(run)
    assert {task["state"] for task in second.values()} == {"success"}
    assert {name for name in first if first[name]["start_date"] == second[name]["start_date"]} == OTHERS
    rebuilt = finished(repository)
    assert {"model.acme.dim_date", "model.acme.stg_shop__orders"} <= built.keys() - rebuilt.keys()
    assert {"model.acme.fct_orders", "snapshot.acme.snap_shop__customers"} <= rebuilt.keys() - built.keys()
    assert "test.acme.no_customers" in built.keys() & rebuilt.keys()


def finished(repository) -> Counter[str]:
    """How often dbt has finished each model, snapshot, seed and test, according to its log, which is then deleted."""
    log = repository / "transform/logs/dbt.log"
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    log.unlink(missing_ok=True)
    events = [json.loads(line) for line in lines if line.startswith("{")]
    nodes = [event["data"]["node_info"]["unique_id"] for event in events if event["info"]["name"] == "NodeFinished"]
    return Counter(
        node for node in nodes if node.partition(".")[0] in ("model", "snapshot", "seed", "test", "unit_test")
    )


class Airflow:
    """Airflow as `make airflow` starts it, with all its processes in one group, and its REST API."""

    def __init__(self, repository):
        self.repository = repository
        self.port, *ports = (_free_port() for _ in range(3))
        self.env = environment.clean(RECORDING) | {
            "AIRFLOW__API__PORT": str(self.port),
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{self.port}/execution/",
            # On a busy machine, the first call of a task may take longer than Airflow's five seconds.
            "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "120",
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(ports[0]),
            "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(ports[1]),
        }
        self.token = ""

    def __enter__(self):
        command = ["make", "-o", "pyproject.toml", "-o", "constraints.txt", "airflow"]
        self.log = open(self.repository / "data/airflow.log", "wb")
        self.process = subprocess.Popen(
            command, cwd=self.repository, env=self.env, stdout=self.log, stderr=self.log, start_new_session=True
        )
        try:
            passwords = self.repository / "data/airflow/simple_auth_manager_passwords.json.generated"
            self._wait(passwords.exists)
            login = {"username": "admin", "password": json.loads(passwords.read_text())["admin"]}
            self.token = self._wait(lambda: self.ask("POST", "/auth/token", login))["access_token"]
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for how in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
                os.killpg(self.process.pid, how)
                self.process.wait(timeout=60)
        self.log.close()

    def trigger(self, dag: str) -> str:
        """Start a run of a DAG, once Airflow knows it; returns the path of the run."""
        self._wait(lambda: self.ask("PATCH", f"/api/v2/dags/{dag}", {"is_paused": False}))
        run = self.ask("POST", f"/api/v2/dags/{dag}/dagRuns", {"logical_date": None})["dag_run_id"]
        return f"/api/v2/dags/{dag}/dagRuns/{run}"

    def outcome(self, run: str) -> str:
        """The state of a run once it has ended."""
        return self._wait(lambda: (state := self.ask("GET", run)["state"]) in ("success", "failed") and state)

    def tasks(self, run: str) -> dict[str, dict]:
        """The tasks of a run by name."""
        return {each["task_id"]: each for each in self.ask("GET", f"{run}/taskInstances?limit=100")["task_instances"]}

    def clear(self, run: str, task: str) -> list[str]:
        """Rerun a task and the tasks downstream of it, as in the web UI; returns their names."""
        dag, _, run_id = run.partition("/dagRuns/")
        wanted = {"dag_run_id": run_id, "task_ids": [task], "include_downstream": True, "only_failed": False}
        cleared = self.ask("POST", f"{dag}/clearTaskInstances", {**wanted, "dry_run": False, "reset_dag_runs": True})
        return [each["task_id"] for each in cleared["task_instances"]]

    def ask(self, method: str, path: str, body: dict | None = None):
        """Call the REST API. Raises `OSError` if it is not ready or refuses."""
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        address = f"http://127.0.0.1:{self.port}{path.replace('+', '%2B')}"
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(address, data, headers, method=method), timeout=60) as reply:
            return json.loads(reply.read())

    def _wait(self, ready):
        """Repeat a question until the answer is true; fails if Airflow has ended."""
        while self.process.poll() is None:
            with contextlib.suppress(OSError):
                if answer := ready():
                    return answer
            time.sleep(1)
        pytest.fail((self.repository / "data/airflow.log").read_text(errors="replace")[-5000:])


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
