"""The expected rows of each table after a run, computed in plain Python from the events at the source alone.

- A table that is loaded in full holds the rows that the source had when it was loaded.
- An incremental table holds, for every row whose cursor is NULL or at most the lag older than the newest cursor seen
  before, the state at a load since then. The same is true for every row when all rows had to be read again: on the
  first load, with `--full`, after a column was added, and after the cursor went back. Rows deleted at the source stay
  until `--full`.
- With `deletes: mark`, staging flags the deleted rows.
- A dimension holds, for every member, one version per state that runs saw, the first valid from the beginning, the
  last current while the member exists.
- A fact holds each of its rows once, with the version of the customer that was valid when it happened: the rows that a
  rebuild would give it.
"""

from __future__ import annotations

import copy
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from histories.history import COLUMNS, CURSOR, KEYS, History, Loading, Row
from histories.repository import Repository, plain
from histories.source import State, Table

NOW = "2026-01-01"
"""A cursor beyond this date is in the future, and does not count as seen: all other events of histories are earlier."""
NUMBER = re.compile(r"-?\d+\.?\d*")


@dataclass
class Loaded:
    """The loads of an incremental table so far: its states, and when each row had to be read."""

    states: list[Table] = field(default_factory=list)
    due: dict[Any, int] = field(default_factory=dict)
    seen: str | None = None
    columns: set[str] = field(default_factory=set)
    cleared: int = 0
    """The last load that replaced the table."""
    in_window: bool = False
    """Whether the last load was a window: rows outside the window are due at the next load."""


class Oracle:
    """Follows the loads of a history and compares the warehouse with the expected rows."""

    def __init__(self, history: History):
        self.modes = {name: history.loading.get(name, Loading()) for name in COLUMNS}
        self.tables: dict[str, Loaded] = {name: Loaded() for name in KEYS}
        self.full: dict[str, Table] = {}
        self.landed: dict[str, set[str]] = {}

    def loading(self, name: str) -> Loading:
        """How a table is loaded."""
        return self.modes[name]

    def change_mode(self, name: str, mode: str) -> Loading:
        """Record that the spec has a new mode for a table; cursors seen before no longer count.

        Rows that were loaded in full stay until the first load in the new mode that is not a window.
        """
        if not self.modes[name].incremental:
            self.tables[name] = Loaded(states=[self.full[name]] if name in self.full else [])
        self.modes[name] = replace(self.modes[name], mode=mode)
        return self.modes[name]

    def loaded(self, state: State, *, columns: dict[str, list[str]], full: set[str], window: bool = False) -> None:
        """Record that a load has seen this state of the source.

        `columns` are those of the spec, `full` the tables that the load replaced; a `window` is of incremental tables.
        """
        for name, table in state.items():
            if window and not self.loading(name).incremental:
                continue
            if not self.loading(name).incremental:
                self.full[name] = copy.deepcopy(table)
                self.landed[name] = set(columns[name])
            else:
                self._follow(name, copy.deepcopy(table), set(columns[name]) & set(table.columns), name in full, window)

    def _follow(self, name: str, table: Table, columns: set[str], full: bool, window: bool) -> None:
        kept, load = self.tables[name], len(self.tables[name].states)
        kept.states.append(table)
        kept.in_window = window
        if window:
            return
        rows = table.by_key(KEYS[name])
        newest = max((row[CURSOR] for row in rows.values() if row.get(CURSOR) and row[CURSOR] <= NOW), default=None)
        again = full or bool(columns - kept.columns) or bool(kept.seen and (newest or "") < kept.seen)
        since = _days_before(kept.seen, self.loading(name).lag_days)
        for key, row in rows.items():
            if again or not row.get(CURSOR) or since is None or row[CURSOR] >= since:
                kept.due[key] = load
        if full or not load:
            kept.cleared = load
        kept.columns = columns
        kept.seen = newest

    def differences(
        self, repository: Repository, columns: dict[str, list[str]], *, staging: bool
    ) -> Iterator[tuple[str, str]]:
        """The tables of `raw_shop`, and of `staging` if it was built, that differ from the expected rows, and how."""
        for name in columns:
            raw = repository.rows("raw_shop", "{}", name)
            if raw is None:
                yield name, "the table does not exist"
                continue
            wanted = columns[name]
            if not self.loading(name).incremental:
                # A window load skips tables that are loaded in full, and so their new columns.
                wanted = [column for column in wanted if column in self.landed[name]]
            raw = [{column: row.get(column, "no such column") for column in wanted} for row in raw]
            if self.loading(name).incremental:
                wrong = list(self._incremental(name, raw, wanted))
            else:
                wrong = _multiset(raw, [_shown(row, wanted) for row in self.full[name].rows])
            yield from ((name, what) for what in wrong)
            if staging and not wrong:
                yield from ((name, what) for what in self._staged(repository, name, raw))

    def _incremental(self, name: str, raw: list[Row], columns: list[str]) -> Iterator[str]:
        kept, key = self.tables[name], KEYS[name]
        states = [state.by_key(key) for state in kept.states]
        twice = [value for value, count in Counter(row[key] for row in raw).items() if count > 1]
        if twice and not any(len(state.rows) > len(state.by_key(key)) for state in kept.states):
            yield f"key {twice[0]} is a duplicate"
        landed = {row[key]: row for row in raw}
        for value, read in kept.due.items():
            if read >= kept.cleared and value not in landed and value not in states[-1]:
                yield f"key {value}, which only the warehouse has, is lost"
        for value in states[-1]:
            if value not in landed and not kept.in_window:
                yield f"key {value} is missing"
        for value, row in landed.items():
            since = max(kept.due.get(value, 0), kept.cleared)
            accepted = [_shown(state[value], columns) for state in states[since:] if value in state]
            if value not in states[-1] and not accepted:
                yield f"key {value} should be deleted"
            elif row not in accepted and value in states[-1] and not kept.in_window:
                yield f"key {value} is {row}, not {accepted[-1] if accepted else 'expected'}"

    def _staged(self, repository: Repository, name: str, raw: list[Row]) -> Iterator[str]:
        staged = repository.rows("staging", "stg_shop__{}", name)
        if staged is None or len(staged) != len(raw):
            yield f"staging has {'no table' if staged is None else len(staged)} of {len(raw)} rows"
        elif self.loading(name).mode == "mark":
            present = self.tables[name].states[-1].by_key(KEYS[name])
            wrong = [row for row in staged if row.get("is_deleted") != (row[KEYS[name]] not in present)]
            yield from (f"is_deleted is wrong: {row}" for row in wrong[:1])


def _shown(row: Row, columns: list[str]) -> Row:
    return {column: _value(row.get(column)) for column in columns}


def _value(value: Any) -> Any:
    """A value of the source as the warehouse returns it."""
    return plain(Decimal(value)) if isinstance(value, str) and NUMBER.fullmatch(value) else value


def _multiset(found: list[Row], wanted: list[Row]) -> list[str]:
    have, want = (Counter(tuple(row.items()) for row in rows) for rows in (found, wanted))
    lines = [f"{dict(row)} is missing" for row in want - have]
    return lines + [f"{dict(row)} should not be there" for row in have - want]


def _days_before(moment: str | None, days: int) -> str | None:
    return moment and str(datetime.fromisoformat(moment) - timedelta(days=days))
