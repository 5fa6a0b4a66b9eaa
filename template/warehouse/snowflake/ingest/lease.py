"""Locks in Snowflake, which has none: rows that expire unless their holder renews them."""

from __future__ import annotations

import os
import sys
import threading
import time
import uuid
from collections.abc import Generator, Mapping
from contextlib import closing, contextmanager, suppress
from typing import Any

import snowflake.connector

from ingest.locking import WAITING
from ingest.spec import platform_name

TABLE = "locks.leases"
COLUMNS = "name varchar, holder varchar, until timestamp_ntz"
NOW = "sysdate()"
SECONDS = 120
"""How long a lock outlives a holder that was killed."""
PAUSE = 5


@contextmanager
def leased(what: str, account: Mapping[str, Any]) -> Generator[None]:
    """Hold a lock of this name; wait while another process holds it.

    The process ends if the lock is lost, because its tables may already be another's.
    """
    # The connector would otherwise repeat a request for longer than a lock lasts.
    options = {**account, "autocommit": True, "network_timeout": SECONDS // 6}
    with closing(snowflake.connector.connect(**options)) as connection:
        lease = _Lease(connection, what)
        if not lease.taken():
            print(WAITING.format(what), flush=True)
            while not lease.taken():
                time.sleep(PAUSE)
        done = threading.Event()
        renewing = threading.Thread(target=lease.renew, args=(done,), daemon=True)
        renewing.start()
        try:
            yield
        finally:
            done.set()
            renewing.join()
            lease.give_back()


class _Lease:
    """A row of the table of locks. Two such rows, written at once, are always updated together."""

    def __init__(self, connection: Any, what: str) -> None:
        self.connection, self.what = connection, what
        self.name, self.holder = f"{platform_name()} {what}", uuid.uuid4().hex
        self.run("create schema if not exists locks")
        self.run(f"create table if not exists {TABLE} ({COLUMNS})")
        self.run(
            f"insert into {TABLE} select %s, '', {NOW} from (select 1 as one) as rows_to_insert "
            f"where not exists (select 1 from {TABLE} where name = %s)",
            self.name,
            self.name,
        )

    def taken(self) -> bool:
        """Take the lock if nobody holds it. Snowflake runs updates of a table one by one."""
        return self._extended(f"until <= {NOW}")

    def renew(self, done: threading.Event) -> None:
        """Keep the lock until then."""
        known = time.monotonic()
        while not done.wait(SECONDS / 4):
            held = None
            with suppress(snowflake.connector.Error):
                held = self._extended(f"until > {NOW} and holder = %s", self.holder)
            known = time.monotonic() if held else known
            if held is False or time.monotonic() - known > SECONDS * 2 / 3:
                print(f"{self.what}: stopped, its lock was lost. Run it again.", file=sys.stderr)
                os._exit(1)

    def give_back(self) -> None:
        """End the lock now."""
        condition = "name = %s and holder = %s"
        self.run(f"update {TABLE} set until = {NOW} where {condition}", self.name, self.holder)

    def run(self, statement: str, *values: str) -> int:
        """Run a statement; returns the number of rows that it changed."""
        cursor = self.connection.cursor()
        cursor.execute(statement, values or None)
        return cursor.rowcount or 0

    def _extended(self, condition: str, *values: str) -> bool:
        until = f"dateadd(second, {SECONDS}, {NOW})"
        return bool(
            self.run(
                f"update {TABLE} set holder = %s, until = {until} where name = %s and {condition}",
                self.holder,
                self.name,
                *values,
            )
        )
