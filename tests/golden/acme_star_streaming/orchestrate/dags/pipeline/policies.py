"""The default arguments of every task."""

from datetime import timedelta

from pipeline.alerts import report_failure

DEFAULT_ARGS = {
    "owner": "data-team@example.com",
    # Delays double, starting at 2 minutes: long enough for a source to restart.
    "retries": 3,
    "retry_delay": timedelta(minutes=2),
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(minutes=30),
    "execution_timeout": timedelta(hours=2),
    # The pool limits how many tasks write to the warehouse at the same time.
    "pool": "warehouse",
    "on_failure_callback": report_failure,
}

# Streams write to the lake: they do not block loads, and their own pool limits their memory.
STREAM_ARGS = {**DEFAULT_ARGS, "pool": "streams"}
