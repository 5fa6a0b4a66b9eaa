"""Decides how each table is loaded, and why an incremental table is read in full."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ingest.column_types import parse
from ingest.cursor import as_cursor, earlier
from ingest.drift import Live
from ingest.errors import IngestError
from ingest.options import Options
from ingest.reader import Reader, Survey, Window
from ingest.spec import Table
from ingest.warehouse import Landed


@dataclass(frozen=True)
class Load:
    """How a table is loaded.

    `keys_before` is its table of keys in the warehouse, by which deleted rows are flagged.
    `former_key` is the key by which the loaded rows were merged, if the key has changed since.
    `reason` says why all rows of an incremental table are read.
    """

    live: Live
    disposition: str
    before: Landed
    keys_before: Landed = field(default_factory=Landed)
    window: Window | None = None
    survey: Survey | None = None
    seen: Any = None
    balance: int | None = None
    former_key: tuple[str, ...] = ()
    reason: str = ""

    @property
    def table(self) -> Table:
        """The table of the spec."""
        return self.live.table

    @property
    def remembers(self) -> bool:
        """Whether the next load continues from this load; a backfill does not move the cursor."""
        return self.survey is not None


def plan(
    live: Live,
    memory: Mapping[str, Any],
    before: Landed,
    reader: Reader,
    options: Options,
    now: datetime,
    complete: bool = False,
) -> Load:
    """Plan the load of a table; `memory` is the state that its last load stored."""
    table, cursor = live.table, live.table.cursor
    if cursor is None:
        return Load(live, "replace", before)
    if options.start is not None:
        start = parse(options.start, cursor.type)
        end = parse(options.end, cursor.type) if options.end else None
        return Load(live, "merge", before, window=Window(cursor, start, end))
    if cursor.name in live.gone:
        raise IngestError(
            f"its cursor `{cursor.origin}` no longer exists at the source. Set another cursor or a "
            "full load, in `load:` of the table in the source's file in sources/"
        )
    survey = reader.survey(table, cursor, as_cursor(now, cursor.type))
    if options.full or not before.rows or _is_other_data(memory, reader):
        return Load(live, "replace", before, survey=survey)
    seen = memory.get("cursor")
    if survey.numbered and _went_back(survey, seen):
        reason = f"its source has started over: {cursor.name} fell from {seen} to {survey.newest}"
        return Load(live, "replace", before, survey=survey, reason=reason)
    reason = "" if complete else _reason_to_read_all(live, memory, before, reader, survey)
    if complete or reason:
        former_key = _former_key(table, memory, before)
        return Load(live, "merge", before, survey=survey, former_key=former_key, reason=reason)
    window = Window(cursor, earlier(seen, table.lag))
    balance = before.rows - memory["rows"]
    return Load(live, "merge", before, window=window, survey=survey, seen=seen, balance=balance)


def next_state(load: Load, newest: Any, without: int, reader: Reader) -> dict[str, Any]:
    """The state for the next load; `without` is the number of rows without a cursor value."""
    table, survey = load.table, load.survey
    return {
        "cursor": newest,
        "of": [reader.identity, table.cursor.name if table.cursor else None],
        "key": list(table.key),
        "columns": _columns_read(load.live),
        "rows": survey.rows if survey else 0,
        "without": without,
    }


def _columns_read(live: Live) -> dict[str, str]:
    return {c.name: f"{c.origin} {c.type}" for c in live.columns if c.name not in live.gone}


def _is_other_data(memory: Mapping[str, Any], reader: Reader) -> bool:
    """Whether sample data replaces other data, or is replaced."""
    of = memory.get("of")
    if not of or of[0] == reader.identity:
        return False
    return any(identity.startswith("sample ") for identity in (of[0], reader.identity))


def _reason_to_read_all(
    live: Live, memory: Mapping[str, Any], before: Landed, reader: Reader, survey: Survey
) -> str:
    table = live.table
    if "columns" not in memory or not table.cursor:
        return "no load has recorded yet which columns it read"
    if memory.get("table", table.source_name) != table.source_name:
        return f"it is now loaded from {table.source_name}, not from {memory['table']}"
    identity, cursor = memory["of"]
    if identity != reader.identity:
        return f"it is now loaded from {reader.identity}, not from {identity}"
    if cursor != table.cursor.name:
        return f"its cursor is now {table.cursor.name}, not {cursor}"
    if memory["key"] != list(table.key):
        return f"its key is now {', '.join(table.key)}, not {', '.join(memory['key'])}"
    read = _columns_read(live)
    if joined := [name for name in read if name not in memory["columns"]]:
        return f"older rows lack {', '.join(joined)}"
    if changed := [name for name, what in read.items() if memory["columns"][name] != what]:
        return f"the type or origin of {', '.join(changed)} has changed"
    seen = memory["cursor"]
    if seen is None:
        return "no row has had a cursor value yet"
    if (hidden := memory.get("without", 0) - before.without) > 0:
        # A window would include them, but not the newer rows that replaced them.
        return f"rows without {cursor} share their key with rows that have it ({hidden:,})"
    if _went_back(survey, seen):
        return f"its newest {cursor} went back from {seen} to {survey.newest}, as after a restore"
    return ""


def _went_back(survey: Survey, seen: Any) -> bool:
    return survey.newest is not None and seen is not None and survey.newest < seen


def _former_key(table: Table, memory: Mapping[str, Any], before: Landed) -> tuple[str, ...]:
    key = tuple(memory.get("key") or ())
    if not key or key == table.key:
        return ()
    if {*key} <= {column.name for column in table.columns}:
        return key
    if {*table.key} <= before.columns:
        return ()
    raise IngestError(
        f"its loaded rows lack the new key {', '.join(table.key)}, and the spec lacks their former "
        "key, so new rows cannot be merged; a full load replaces them",
        flags="--full",
    )
