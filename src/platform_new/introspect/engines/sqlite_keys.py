"""How to ask SQLite for the evidence of keys."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from platform_new.introspect.catalog import TableId
from platform_new.introspect.keys.evidence import STATEMENT_SECONDS

STEPS = 100_000
"""The database looks at the clock after this many steps of its virtual machine."""


def quoted(identifier: str) -> str:
    """The identifier in quotation marks."""
    return '"' + identifier.replace('"', '""') + '"'


@dataclass(frozen=True)
class Sqlite:
    """How to ask SQLite for the evidence of keys."""

    connection: sqlite3.Connection

    def table(self, table: TableId) -> str:
        """The table's name in a statement."""
        return self.column(table.name)

    def column(self, name: str) -> str:
        """The column's name in a statement."""
        return quoted(name)

    def text(self, value: str) -> str:
        """The SQL of a value as text."""
        return f"cast({value} as text)"

    def rows(self, statement: str) -> list[Sequence[Any]] | None:
        """The rows of a statement; None if it failed or took too long."""
        until = time.monotonic() + STATEMENT_SECONDS
        self.connection.set_progress_handler(lambda: time.monotonic() > until, STEPS)
        try:
            return self.connection.execute(statement).fetchall()
        except sqlite3.Error:
            return None
        finally:
            self.connection.set_progress_handler(None, STEPS)
