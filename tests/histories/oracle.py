"""What each table must hold after a run, computed in plain Python from what happened at the source, and nothing else.

- A table that is loaded in full holds the rows that the source had when it was loaded.
- An incremental table holds, of every row whose cursor is NULL or not more than the lag older than the newest one seen
  before, the state at a load since then. So it does of every row where all had to be read again: on the first load,
  with `--full`, when a column joined, when the cursor had gone back. Rows that are gone at the source stay until
  `--full`.
- With `deletes: mark` staging tells which rows are gone.
- A dimension holds, of every member, one version for each state that runs found, the first valid from the beginning,
  the last one current while the member is there.
- A fact holds each of its rows once, with the version of the customer that was valid when it happened.
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
"""A cursor beyond this is no sign of what was seen: histories are of the past, and their future is far away."""
NUMBER = re.compile(r"-?\d+\.?\d*")


@dataclass
class Loaded:
    """What an incremental table was asked for so far: its states, and when each row had to be read."""

    states: list[Table] = field(default_factory=list)
    due: dict[Any, int] = field(default_factory=dict)
    seen: str | None = None
    columns: set[str] = field(default_factory=set)
    cleared: int = 0
    """The last load that replaced the table."""
    in_window: bool = False
    """Whether the last load was that of a window: what lies outside of it is for the next load."""


class Oracle:
    """Follows the loads of a history and compares the warehouse with what must be there."""

    def __init__(self, history: History):
        self.modes = {name: history.loading.get(name, Loading()) for name in COLUMNS}
        self.tables: dict[str, Loaded] = {name: Loaded() for name in KEYS}
        self.full: dict[str, Table] = {}
        self.landed: dict[str, set[str]] = {}

    def loading(self, name: str) -> Loading:
        """How a table is loaded."""
        return self.modes[name]

    def load_otherwise(self, name: str, mode: str) -> Loading:
        """Note that the spec says another mode for a table; what an incremental one had seen counts no more.

        What was loaded in full is there until the first load in the new mode, or longer if that is one of a window.
        """
        if not self.modes[name].incremental:
            self.tables[name] = Loaded(states=[self.full[name]] if name in self.full else [])
        self.modes[name] = replace(self.modes[name], mode=mode)
        return self.modes[name]

    def loaded(self, state: State, *, columns: dict[str, list[str]], full: set[str], window: bool = False) -> None:
        """Note that a load has seen this state of the source.

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
        """The tables of `raw_shop`, and of `staging` if that was built, that are not as they must be, and why."""
        for name in columns:
            raw = repository.rows("raw_shop", "{}", name)
            if raw is None:
                yield name, "the table is not there"
                continue
            wanted = columns[name]
            if not self.loading(name).incremental:
                # A load of a window lands nothing of a table that is loaded in full, a new column neither.
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
            yield f"key {twice[0]} is there twice"
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
                yield f"key {value} should be gone"
            elif row not in accepted and value in states[-1] and not kept.in_window:
                yield f"key {value} is {row}, not {accepted[-1] if accepted else 'there'}"

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
    """A value of the source as the warehouse shows it."""
    return plain(Decimal(value)) if isinstance(value, str) and NUMBER.fullmatch(value) else value


def _multiset(found: list[Row], wanted: list[Row]) -> list[str]:
    have, want = (Counter(tuple(row.items()) for row in rows) for rows in (found, wanted))
    lines = [f"{dict(row)} is missing" for row in want - have]
    return lines + [f"{dict(row)} should not be there" for row in have - want]


def _days_before(moment: str | None, days: int) -> str | None:
    return moment and str(datetime.fromisoformat(moment) - timedelta(days=days))
