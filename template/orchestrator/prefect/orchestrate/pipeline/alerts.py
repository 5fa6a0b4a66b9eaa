"""The alert for a task that has failed after all its retries: it says where to look.

The message goes to the log and, if ALERT_WEBHOOK_URL is set, to that URL as `{"text": …}`, which
Slack and Mattermost accept.
"""

import json
import logging
import os
import urllib.request
from typing import Any

from prefect import Flow, State, Task
from prefect.client.schemas.objects import FlowRun, TaskRun
from prefect.results import ResultRecord
from prefect.runtime import flow_run as current
from prefect.utilities.urls import url_for

log = logging.getLogger("prefect.alerts")

RUNBOOKS = {"ingest": "source-late", "build": "stale-mart", "freshness": "source-late"}
TIMEOUT_RUNBOOK = "flow-timeout"


def failure_message(flow: str, task: str, run: str, error: str, log_url: str) -> str:
    """Name the failed task, the type of the error (its text may hold a secret) and the runbook."""
    runbook = TIMEOUT_RUNBOOK if "Time" in error else RUNBOOKS.get(task, "README")
    where = f"{flow}.{task}" if task else flow
    return f"{where} failed ({error}) in run {run}\nRunbook: docs/runbooks/{runbook}.md\nLog: {log_url}"


def send(text: str, url: str) -> None:
    """Post a message. Raises `OSError` if that fails."""
    body = json.dumps({"text": text}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10):
        pass


def report_failure(task: Task[..., Any], run: TaskRun, state: State[Any]) -> None:
    """Prefect's `on_failure` hook of a task, called after its last retry has failed."""
    flow, name = current.flow_name or "", current.name or run.name
    _report(failure_message(flow, task.name, name, _error(state), url_for(run) or "the worker"))


def report_crash(flow: Flow[..., Any], run: FlowRun, state: State[Any]) -> None:
    """Prefect's `on_crashed` hook of a flow, called when its process was stopped or has died."""
    _report(failure_message(flow.name, "", run.name, _error(state), url_for(run) or "the worker"))


def _error(state: State[Any]) -> str:
    """The type of the error, or the name of the state."""
    error = state.data.result if isinstance(state.data, ResultRecord) else state.data
    return type(error).__name__ if isinstance(error, BaseException) else str(state.name)


def _report(text: str) -> None:
    log.error(text)
    if url := os.environ.get("ALERT_WEBHOOK_URL"):
        try:
            send(text, url)
        except OSError:
            log.exception("The alert could not be sent")
