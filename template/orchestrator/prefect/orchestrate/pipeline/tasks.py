"""The tasks of the flows: each runs one command, with the policies of this repository."""

from collections.abc import Sequence
from typing import Any

from prefect import State, Task, get_run_logger
from prefect.assets import Asset, AssetProperties
from prefect.tasks import MaterializingTask

from orchestrate.pipeline.commands import execute
from orchestrate.pipeline.policies import OWNER, TASK_OPTIONS


def run(
    name: str,
    command: list[str],
    updates: Sequence[str] = (),
    after: Sequence[State] = (),
    **options: Any,
) -> State:
    """Run a command as a task of the current flow; returns the final state, also if it failed.

    `updates` are the URIs of the assets that the command updates. The task does not run if a task
    in `after` has failed. `options` override those of `policies.py`.
    """
    task = task_for(name, updates, **options)
    return task(command, wait_for=list(after), return_state=True)


def task_for(name: str, updates: Sequence[str] = (), **options: Any) -> Task:
    """The task that runs a command; the arguments are those of `run`."""
    options = {**TASK_OPTIONS, "name": name, **options}
    if updates:
        return MaterializingTask(_run, assets=[_asset(uri) for uri in updates], **options)
    return Task(_run, **options)


def _asset(uri: str) -> Asset:
    return Asset(key=uri, properties=AssetProperties(owners=[OWNER]))


def _run(command: list[str]) -> None:
    execute(command, get_run_logger())
