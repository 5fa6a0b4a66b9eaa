"""Has loads of one warehouse wait for one another: they share dlt's staging tables."""

from __future__ import annotations

import fcntl
from collections.abc import Generator
from contextlib import contextmanager

from ingest.settings import DATA


@contextmanager
def one_at_a_time(what: str) -> Generator[None]:
    """Wait until nobody else on this machine does the same; says so, if it has to wait.

    The lock ends with this process, however it ends.
    """
    DATA.mkdir(exist_ok=True)
    with (DATA / f".{what}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"{what}: waiting for another load to end …", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
