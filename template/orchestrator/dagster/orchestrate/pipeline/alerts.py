"""The alert for a run that has failed after all retries of its steps: it says where to look.

The message goes to the log of the sensor and, if ALERT_WEBHOOK_URL is set, to that URL as
`{"text": …}`, which Slack and Mattermost accept.
"""

import json
import os
import urllib.request
from collections.abc import Mapping

import dagster as dg

RUNBOOKS = {"ingest": "source-late", "build": "stale-mart", "freshness": "source-late"}
"""The runbook of a failed step, by the first word of its name."""
TIMEOUT_RUNBOOK = "run-timeout"
TIMEOUT = "maximum runtime"
"""What Dagster says of a run that it has stopped after its time limit."""


def failure_message(job: str, run_id: str, reason: str, errors: Mapping[str, str]) -> str:
    """Name the job, the failed steps, the types of their errors, and the runbook.

    The texts of the errors are left out, since they may hold a secret.
    """
    timed_out = TIMEOUT in reason
    pages = [RUNBOOKS.get(step.partition("_")[0], "README") for step in errors] or ["README"]
    page = TIMEOUT_RUNBOOK if timed_out else pages[0]
    steps = ", ".join(f"{step} ({error})" for step, error in errors.items())
    what = "exceeded its time limit" if timed_out else f"failed: {steps or 'no step ran'}"
    return f"{job} {what}\nRunbook: docs/runbooks/{page}.md\nLog: /runs/{run_id} in the web UI"


def send(text: str, url: str) -> None:
    """Post a message. Raises `OSError` if that fails."""
    body = json.dumps({"text": text}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10):
        pass


@dg.run_failure_sensor(default_status=dg.DefaultSensorStatus.RUNNING)
def report_failure(context: dg.RunFailureSensorContext) -> None:
    """Alert about a failed run."""
    run = context.dagster_run
    failures = context.get_step_failure_events()
    errors = {event.step_key or "": error_type(event) for event in failures}
    text = failure_message(run.job_name, run.run_id, context.failure_event.message or "", errors)
    context.log.error(text)
    if url := os.environ.get("ALERT_WEBHOOK_URL"):
        try:
            send(text, url)
        except OSError as error:
            # The error's text may hold the URL, which is a secret.
            context.log.error(f"The alert could not be sent: {type(error).__name__}")


def error_type(event: dg.DagsterEvent) -> str:
    """The type of the error that ended a step, without Dagster's own around it."""
    error = event.step_failure_data.error
    while error and error.cause:
        error = error.cause
    return (error and error.cls_name) or "unknown error"
