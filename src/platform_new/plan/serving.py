"""The marts that serve a stream's windows together with the rows that correct them.

The correcting table serves all windows before the window of its newest row, which it has completely; the stream serves
the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from platform_new.plan.model import DataTest, Mart, PlannedColumn, StagedTable, UnitTest, deletion_flag
from platform_new.plan.modeling.examples import value_of
from platform_new.plan.modeling.shape import unique_together
from platform_new.plan.streams import PlannedEvents, PlannedStream
from platform_new.spec.events.lake import LAST_BATCH, WINDOW
from platform_new.spec.events.models import Aggregate
from platform_new.spec.names import fit

SERVED = "served"
EPOCH = datetime(1970, 1, 1)
MONDAY = datetime(2026, 1, 5, 9)
TRUE, APPROXIMATE = 3, 7
"""The aggregates of the example: the correcting table's value for a window, and the stream's value."""


@dataclass(frozen=True)
class ServedAggregate:
    """An aggregate of a window: the stream's column for it, and its function and field in the correcting rows."""

    column: PlannedColumn
    function: str
    of: PlannedColumn | None


@dataclass(frozen=True)
class Serving:
    """The parts of a served mart's SQL.

    `truth` are the correcting rows and `stream` the stream's own; `groups` pairs their columns. `words` are the values
    of `served_from` for rows from the first and from the second.
    """

    truth: StagedTable
    stream: StagedTable
    seconds: int
    event_time: PlannedColumn
    groups: tuple[tuple[PlannedColumn, PlannedColumn], ...]
    aggregates: tuple[ServedAggregate, ...]
    words: tuple[str, str]

    @property
    def deletion(self) -> str:
        """The column of the correcting rows that flags soft-deleted rows; empty if there is none."""
        return deletion_flag(self.truth.columns)

    @property
    def needed(self) -> tuple[PlannedColumn, ...]:
        """The columns of the correcting rows that groups and aggregates need, without duplicates."""
        groups, aggregates = (theirs for theirs, _ in self.groups), (each.of for each in self.aggregates if each.of)
        return tuple({column.name: column for column in (*groups, *aggregates)}.values())


def plan_served(
    events: Iterable[PlannedEvents], tables: Mapping[str, StagedTable], words: tuple[str, str]
) -> tuple[Mart, ...]:
    """The served mart of each stream that a table corrects; `tables` are the staged tables by `source.table`."""
    streams = (stream for source in events for stream in source.streams if stream.spec.corrected_by in tables)
    return tuple(_mart(stream, tables, words) for stream in streams)


def _mart(stream: PlannedStream, tables: Mapping[str, StagedTable], words: tuple[str, str]) -> Mart:
    spec = stream.spec
    own, truth = tables[f"{stream.events.name}.{spec.name}"], tables[spec.corrected_by or ""]
    ours = {column.landed: column for column in own.columns}
    theirs = {column.landed: column for column in truth.columns}
    serving = Serving(
        truth=truth,
        stream=own,
        seconds=spec.window.seconds[0],
        event_time=theirs[truth.spec.event_time],
        groups=tuple((theirs[name], ours[name]) for name in spec.group_by),
        aggregates=tuple(_served(each, ours, theirs) for each in spec.aggregates),
        words=words,
    )
    name = fit(f"{SERVED}_{own.table}")
    description = (spec.description or f"The aggregates of {own.table}").rstrip(".")
    key = (WINDOW[0], *(column.name for _, column in serving.groups))
    return Mart(
        name=name,
        kind=SERVED,
        entity=own.table,
        description=f"{description}; corrected by {spec.corrected_by}",
        columns=tuple(_columns(own, key, serving)),
        key=key,
        source=own.source,
        tests=unique_together(key),
        unit_tests=(_example(name, serving),),
        refs=(truth.model, own.model),
        materialized="view",
        detail=serving,
    )


def _served(
    aggregate: Aggregate, ours: Mapping[str, PlannedColumn], theirs: Mapping[str, PlannedColumn]
) -> ServedAggregate:
    of = theirs[aggregate.field] if aggregate.field else None
    return ServedAggregate(ours[aggregate.name], aggregate.function, of)


def _columns(own: StagedTable, key: tuple[str, ...], serving: Serving):
    """Window, groups, aggregates, and `served_from`."""
    by_landed = {column.landed: column for column in own.columns if column.landed != LAST_BATCH}
    groups = [column.landed for _, column in serving.groups]
    aggregates = [aggregate.column.landed for aggregate in serving.aggregates]
    for name in (*WINDOW, *groups, *aggregates):
        column = by_landed[name]
        tests = [DataTest("not_null", because="the key of a window")] if column.name in key else []
        tests += [DataTest("unique", because="one row per window")] if key == (column.name,) else []
        yield replace(column, tests=tuple(tests))
    words = DataTest("accepted_values", {"values": list(serving.words)}, because="the only two origins")
    description = f"Where the row comes from: {serving.words[0]} ({serving.truth.source}.{serving.truth.table}) "
    yield PlannedColumn(
        "served_from", "text", f"{description}or {serving.words[1]}", tests=(DataTest("not_null"), words)
    )


def _example(name: str, serving: Serving) -> UnitTest:
    """Two windows: the correcting table has the first completely and serves it, the stream serves the second."""
    length = timedelta(seconds=serving.seconds)
    begin = EPOCH + (MONDAY - EPOCH) // length * length
    groups = {ours.name: value_of(ours, 1) for _, ours in serving.groups}
    true: dict[str, Any] = {theirs.name: value_of(theirs, 1) for theirs, _ in serving.groups}
    true |= {each.of.name: value_of(each.of, TRUE) for each in serving.aggregates if each.of}
    true |= {serving.deletion: False} if serving.deletion else {}
    approximate = {each.column.name: value_of(each.column, APPROXIMATE) for each in serving.aggregates}
    exact = {each.column.name: 1 if each.function == "count" else true[each.of.name] for each in serving.aggregates}
    windows = [{WINDOW[0]: str(start), WINDOW[1]: str(start + length)} for start in (begin, begin + length)]
    return UnitTest(
        name=f"{name}_is_corrected_up_to_the_last_complete_window",
        description="A window that is complete in the correcting table is served from it, the next from the stream.",
        given=(
            (
                serving.truth.model,
                tuple({serving.event_time.name: str(time), **true} for time in (begin, begin + length + length / 2)),
            ),
            (serving.stream.model, tuple({**window, **groups, **approximate} for window in windows)),
        ),
        expected=(
            {WINDOW[0]: windows[0][WINDOW[0]], **groups, **exact, "served_from": serving.words[0]},
            {WINDOW[0]: windows[1][WINDOW[0]], **groups, **approximate, "served_from": serving.words[1]},
        ),
    )
