"""Makes loads into the same warehouse wait for each other, because they share staging tables."""

from __future__ import annotations

import fcntl
from collections.abc import Generator
from contextlib import contextmanager

from ingest.settings import DATA


@contextmanager
def one_at_a_time(what: str) -> Generator[None]:
    """Hold a lock of this name on this machine; prints a message if it has to wait for the lock.

    The lock is released when this process ends, even if it is killed.
    """
    DATA.mkdir(exist_ok=True)
    with (DATA / f".{what}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"{what}: waiting for another load to finish …", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
