"""The alert for a task that has failed after all its retries: it says where to look.

The message goes to the log and, if ALERT_WEBHOOK_URL is set, to that URL as `{"text": …}`, which
Slack and Mattermost accept.
"""

import json
import logging
import os
import urllib.request
from collections.abc import Mapping
from typing import Any

log = logging.getLogger(__name__)

RUNBOOKS = {"ingest": "source-late", "build": "stale-mart", "freshness": "source-late"}
TIMEOUT_RUNBOOK = "dag-timeout"


def failure_message(dag_id: str, task_id: str, run_id: str, error: str, log_url: str) -> str:
    """Name the failed task, the type of the error (its text may hold a secret) and the runbook."""
    runbook = TIMEOUT_RUNBOOK if "Timeout" in error else RUNBOOKS.get(task_id, "README")
    return (
        f"{dag_id}.{task_id} failed ({error}) in run {run_id}\n"
        f"Runbook: docs/runbooks/{runbook}.md\n"
        f"Log: {log_url}"
    )


def send(text: str, log: logging.Logger) -> None:
    """Log a message and post it to ALERT_WEBHOOK_URL, if that is set. Never raises."""
    log.error(text)
    if not (url := os.environ.get("ALERT_WEBHOOK_URL")):
        return
    body = json.dumps({"text": text}).encode()
    try:
        request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10):
            pass
    except Exception as error:
        # The error's text may hold the URL, which is a secret.
        log.error(f"The alert could not be sent: {type(error).__name__}")


def report_failure(context: Mapping[str, Any]) -> None:
    """Airflow's `on_failure_callback`, called after the last retry of a task has failed."""
    task = context["task_instance"]
    error = type(context.get("exception")).__name__
    text = failure_message(task.dag_id, task.task_id, task.run_id, error, task.log_url)
    send(text, log)
