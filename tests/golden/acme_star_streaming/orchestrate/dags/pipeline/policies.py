"""What holds for every task unless it says otherwise."""

from datetime import timedelta

from pipeline.alerts import report_failure

DEFAULT_ARGS = {
    "owner": "data-team@example.com",
    # Waits that double, from 2 minutes on: long enough for a source to come back from a restart.
    "retries": 3,
    "retry_delay": timedelta(minutes=2),
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(minutes=30),
    "execution_timeout": timedelta(hours=2),
    # Tasks write to the warehouse; the pool says how many may do so at once.
    "pool": "warehouse",
    "on_failure_callback": report_failure,
}

# Streams write to the lake. No load waits for them, and no more of them run at once than have memory.
STREAM_ARGS = {**DEFAULT_ARGS, "pool": "streams"}
