"""Prefect runs the generated flows on real data, with the same result as `make run`."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import environment as environments
import pytest
import yaml
from made import generate, state_of
from warehouse import differences, local_contents

from platform_new import flow
from platform_new.samples import sample_source
from platform_new.spec.models import Platform, Source, Spec

pytestmark = [pytest.mark.proof, pytest.mark.xdist_group("orchestrators")]
PATIENCE = 900
"""How many seconds a server may take for what it is asked to do."""


@pytest.fixture
def jaffle_shop(by_make, tmp_path) -> tuple[Path, dict[str, str]]:
    """A repository whose source is a real database, and the variables by which it finds that database."""
    source = ["--from", by_make.database.url, "--source-name", "jaffle_shop"]
    repository = generate(tmp_path / "acme", *source, "--warehouse", "duckdb", "--orchestrator", "prefect")
    return repository, {"JAFFLE_SHOP_URL": by_make.database.url}


@pytest.mark.exhaustive
def test_every_flow_ends_in_success_and_leaves_the_tables_of_make_run(jaffle_shop, by_make, make, tmp_path):
    repository, env = jaffle_shop
    flows = sorted(path.stem for path in (repository / "orchestrate/flows").glob("*.py"))
    assert flows == ["build_marts", "check_freshness", "load_jaffle_shop"]
    for name in reversed(flows):
        done = make(repository, f"flow-{name}", env=env)
        assert done.returncode == 0
        assert "All states completed" in done.stdout
    by_prefect = state_of(done, repository, tmp_path / "by_prefect")
    assert by_make.first.green
    assert differences(by_prefect.contents, by_make.first.contents) == {}


@pytest.mark.parametrize("processing", ["batch", pytest.param("streaming", marks=pytest.mark.exhaustive)])
def test_the_tests_of_its_flows_are_green(processing, make, environment, tmp_path):
    """They read `prefect.yaml`, which has a deployment for each job, with its schedule or what it follows."""
    shop, web = sample_source("shop"), sample_source("web")
    table = {"name": "leads", "key": ["lead_id"], "columns": [{"name": "lead_id", "type": "bigint", "required": True}]}
    crm = Source.model_validate({"name": "crm", "kind": "postgres", "schedule": shop.schedule, "tables": [table]})
    spec = Spec(
        platform=Platform(name="acme", orchestrator="prefect", processing=processing),
        sources=(shop, crm),
        event_sources=(web,) if processing == "streaming" else (),
    )
    folder = tmp_path / "acme"
    flow.create(folder, spec, git=False)
    deployments = yaml.safe_load((folder / "orchestrate/prefect.yaml").read_text())["deployments"]
    jobs = {job.name: job for job in flow.plan_for(spec).jobs}
    schedules = {each["name"]: each["schedules"][0]["cron"] for each in deployments if "schedules" in each}
    assert [each["name"] for each in deployments] == list(jobs)
    assert schedules == {name: job.schedule for name, job in jobs.items() if job.schedule}
    triggers = {each["name"]: each["triggers"] for each in deployments if "triggers" in each}
    assert triggers.keys() == {name for name, job in jobs.items() if job.after}
    # The marts wait for both loads, or with streams on another schedule, for any load.
    assert (triggers["build_marts"][0].get("require") == "all") == (processing == "batch")
    assert make(folder, "setup").returncode == 0
    tests = [environment / "bin/pytest", "orchestrate/tests"]
    done = subprocess.run(tests, cwd=folder, env=environments.clean(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "skipped" not in done.stdout


@pytest.mark.exhaustive
def test_a_failed_load_is_repeated_and_then_sends_one_alert_without_a_secret(jaffle_shop, make):
    repository, _ = jaffle_shop
    policies = repository / "orchestrate/pipeline/policies.py"
    policies.write_text(policies.read_text().replace("[120, 240, 480]", "[0, 0, 0]"))
    with webhook() as (url, alerts):
        unreachable = "postgresql://postgres:s3cret@127.0.0.1:9/nowhere"
        done = make(repository, "flow-load_jaffle_shop", env={"JAFFLE_SHOP_URL": unreachable, "ALERT_WEBHOOK_URL": url})
    assert done.returncode != 0
    assert done.stdout.count("jaffle_shop: loading") == 4
    (text,) = alerts
    assert text.startswith("load_jaffle_shop.ingest failed (CommandFailed)")
    assert "docs/runbooks/source-late.md" in text
    assert "s3cret" not in text + done.stdout


@pytest.mark.exhaustive
def test_a_server_schedules_the_loads_and_a_load_starts_the_marts(jaffle_shop, by_make, make, tmp_path):
    repository, env = jaffle_shop
    assert make(repository, "setup").returncode == 0
    with server(repository, env, tmp_path / "server.log") as api:
        deployed = wait_for(lambda: {each["name"]: each for each in api("deployments/filter")})
        assert set(deployed) == {"load_jaffle_shop", "build_marts", "check_freshness"}
        scheduled = wait_for(lambda: of_state(api, "SCHEDULED"))
        assert {(each["deployment_id"], each["expected_start_time"][11:16]) for each in scheduled} == {
            (deployed["load_jaffle_shop"]["id"], "03:00"),
            (deployed["check_freshness"]["id"], "06:00"),
        }
        api(f"deployments/{deployed['load_jaffle_shop']['id']}/create_flow_run")
        finished = wait_for(lambda: len(runs := of_state(api, "COMPLETED")) == 2 and runs)
        wanted = {deployed[name]["id"] for name in ("load_jaffle_shop", "build_marts")}
        assert {each["deployment_id"] for each in finished} == wanted
        assert {each["work_queue_name"] for each in finished} == {"warehouse"}
        assert of_state(api, "FAILED") + of_state(api, "CRASHED") == []
    assert differences(local_contents(repository / "data/local.duckdb"), by_make.first.contents) == {}


IN_TERMINAL = (
    "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execvp(sys.argv[1], sys.argv[1:])"
)
"""Starts a command as a terminal does: if these tests run in the background, they ignore Ctrl-C, and so would it."""


@contextlib.contextmanager
def server(repository: Path, env: dict[str, str], log: Path) -> Iterator[Any]:
    """`make prefect` until its worker has started; yields a function that posts to its API."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-c", IN_TERMINAL, "make", "--no-print-directory"]
    command += ["-o", "pyproject.toml", "-o", "constraints.txt", "prefect"]
    env = environments.clean({**env, "PREFECT_SERVER_API_PORT": str(port)})
    with log.open("w") as output:
        process = subprocess.Popen(
            command, cwd=repository, env=env, stdout=output, stderr=output, start_new_session=True
        )

    def api(path: str) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/api/{path}", b"{}", {"Content-Type": "application/json"}
        )

        def answers() -> list[Any]:
            """The answer; empty if the server's database is busy, so that clients shall ask again."""
            assert process.poll() is None, log.read_text()[-3000:]
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:
                    return [json.load(answer)]
            except urllib.error.HTTPError as error:
                if error.code != HTTPStatus.SERVICE_UNAVAILABLE:
                    raise
                return []

        return wait_for(answers)[0]

    def started() -> bool:
        assert process.poll() is None, log.read_text()[-3000:]
        return "started!" in log.read_text()

    try:
        wait_for(started)
        yield api
    except BaseException:
        # Its shell ends the server, which is in no group with it.
        with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(60)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        raise
    # As Ctrl-C in a terminal does.
    os.killpg(process.pid, signal.SIGINT)
    process.wait(PATIENCE)
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", port)).close()


def of_state(api: Any, state: str) -> list[dict[str, Any]]:
    """The flow runs in that state."""
    return [each for each in api("flow_runs/filter") if each["state_type"] == state]


def wait_for(ready: Any) -> Any:
    """The first result that is true."""
    until = time.monotonic() + PATIENCE
    while not (result := ready()):
        assert time.monotonic() < until
        time.sleep(1)
    return result


@contextlib.contextmanager
def webhook() -> Iterator[tuple[str, list[str]]]:
    """The URL of a server that collects the alerts posted to it, and the alerts."""
    alerts: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            alerts.append(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["text"])
            self.send_response(200)
            self.end_headers()

    with HTTPServer(("127.0.0.1", 0), Handler) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_port}/", alerts
        listening.shutdown()
