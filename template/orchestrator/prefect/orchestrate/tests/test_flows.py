"""Every flow loads, follows the policies of this repository and is deployed."""

import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml
from prefect.client.schemas.schedules import CronSchedule
from prefect.events import DeploymentTriggerTypes
from pydantic import TypeAdapter

from orchestrate import deploy
from orchestrate.pipeline.commands import ROOT
from orchestrate.pipeline.tasks import task_for
from orchestrate.run_flow import flow_names, load

NAMES = flow_names()
DEPLOYMENTS = {
    deployment["name"]: deployment
    for deployment in yaml.safe_load((ROOT / "orchestrate/prefect.yaml").read_text())["deployments"]
}
MARTS = "warehouse://marts"


@dataclass
class Call:
    """A task that a flow runs."""

    name: str
    command: list[str]
    updates: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    options: dict = field(default_factory=dict)


@pytest.fixture
def tasks_of(monkeypatch):
    """Runs a flow without a server or any command; returns its tasks."""

    def record(name, **window):
        calls = []

        def run(name, command, updates=(), after=(), **options):
            calls.append(Call(name, command, list(updates), list(after), options))
            return name

        flow = load(name)
        monkeypatch.setattr(sys.modules[flow.fn.__module__], "run", run)
        assert sorted(flow.fn(**window)) == sorted(call.name for call in calls)
        return calls

    return record


def test_every_flow_is_deployed():
    assert sorted(DEPLOYMENTS) == NAMES
    assert NAMES


@pytest.mark.parametrize("name", NAMES)
class TestPolicies:
    def test_the_file_has_the_name_of_its_flow_and_says_what_it_is_for(self, name):
        flow = load(name)
        assert flow.name == name
        assert flow.description
        assert flow.on_crashed_hooks

    def test_every_task_has_retries_with_longer_waits_a_time_limit_and_an_alert(
        self, name, tasks_of
    ):
        for call in tasks_of(name):
            task = task_for(call.name, call.updates, **call.options)
            assert task.name == call.name
            assert task.retries >= 1
            delays = task.retry_delay_seconds
            assert delays == sorted(set(delays)) and len(delays) >= task.retries
            assert task.timeout_seconds
            assert task.on_failure_hooks

    def test_its_commands_exist(self, name, tasks_of):
        for program, *arguments in (call.command for call in tasks_of(name)):
            assert not Path(program).is_absolute() or Path(program).is_file()
            if arguments[0] == "-m":
                module = ROOT / arguments[1].replace(".", "/")
                assert module.is_dir() or module.with_suffix(".py").is_file()

    def test_a_task_follows_only_those_before_it(self, name, tasks_of):
        done = []
        for call in tasks_of(name):
            assert set(call.after) <= set(done)
            done.append(call.name)


@pytest.mark.parametrize("name", NAMES)
class TestDeployments:
    def test_the_entrypoint_exists(self, name):
        file, _, function = DEPLOYMENTS[name]["entrypoint"].partition(":")
        assert ROOT / file == Path(load(name).fn.__code__.co_filename)
        assert function == load(name).fn.__name__

    def test_runs_once_at_a_time_in_a_queue_with_a_limit(self, name):
        deployment = DEPLOYMENTS[name]
        assert deployment["concurrency_limit"] == 1
        assert deployment["work_pool"]["name"] == deploy.POOL
        queue = deployment["work_pool"]["work_queue_name"]
        assert deploy.places(queue, "prod") >= deploy.places(queue, "local") == 1

    def test_prefect_accepts_what_starts_it(self, name):
        for schedule in DEPLOYMENTS[name].get("schedules", ()):
            assert CronSchedule(**schedule).timezone == "UTC"
        for trigger in DEPLOYMENTS[name].get("triggers", ()):
            TypeAdapter(DeploymentTriggerTypes).validate_python(trigger)
        assert not {"schedules", "triggers"} <= DEPLOYMENTS[name].keys()


def test_what_a_flow_updates_starts_the_next(tasks_of):
    awaited = set().union(*(awaited_by(name) for name in NAMES))
    updated = {uri for name in NAMES for call in tasks_of(name) for uri in call.updates}
    assert updated - awaited == {MARTS}
    assert awaited <= updated


def test_the_marts_wait_for_every_source(tasks_of):
    loads = [name for name in NAMES if name.startswith("load_")]
    assert awaited_by("build_marts") == {
        uri for name in loads for call in tasks_of(name) for uri in call.updates
    }


def test_only_a_backfill_loads_a_window(tasks_of):
    for name in NAMES:
        if "start" in load(name).parameters.properties:
            usual, window = tasks_of(name), tasks_of(name, start="2026-01-01", end="2026-02-01")
            added = window[0].command[len(usual[0].command) :]
            assert added == ["--from", "2026-01-01", "--to", "2026-02-01"]
            assert "--from" not in usual[0].command


def awaited_by(name):
    """The URIs of the assets whose updates start the flow."""
    triggers = DEPLOYMENTS[name].get("triggers", [])
    events = [event for trigger in triggers for event in trigger.get("triggers", [trigger])]
    uris = [event["match"]["prefect.resource.id"] for event in events]
    return {uri for each in uris for uri in (each if isinstance(each, list) else [each])}
