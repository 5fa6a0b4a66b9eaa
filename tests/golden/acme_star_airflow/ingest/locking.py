"""Makes loads of the same tables wait for each other, because they share staging tables."""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Generator
from contextlib import contextmanager

from ingest.settings import DATA
from ingest.spec import platform_name

WAITING = "{}: waiting for another load to finish …"


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
            print(WAITING.format(what), flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def alone_in_production(what: str) -> Generator[None]:
    """Hold a lock of this name on this machine and in the production warehouse."""
    # Its packages are installed only for production.
    from ingest.destination import locked

    with one_at_a_time(f"prod.{what}"), locked(what):
        yield


def lock_number(what: str) -> int:
    """The number of a lock of this name, for warehouses whose locks have 64-bit numbers."""
    digest = hashlib.sha256(f"{platform_name()} {what}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
