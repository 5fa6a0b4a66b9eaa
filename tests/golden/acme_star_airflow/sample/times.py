"""When things happen: growth and seasons, the order of the dates of a row, and its status."""

from __future__ import annotations

import random
import re
from bisect import bisect_right
from datetime import datetime, timedelta, timezone
from itertools import accumulate
from typing import Any

from ingest.spec import Column, Table
from sample.domain import FIRST_TIME, LAST_TIME, OPENING, TEMPORAL, as_temporal, bounds, span
from sample.draft import Draft
from sample.stages import EXCEPTIONS, Stage, stage_of

DAY = timedelta(days=1)
# Relative to an average month: Christmas is strong, summer is quiet.
MONTHS = (0.85, 0.82, 0.95, 0.97, 0.98, 0.93, 0.82, 0.8, 0.98, 1.05, 1.3, 1.75)
# From Monday to Sunday.
WEEKDAYS = (1.1, 1.05, 1.0, 1.0, 1.15, 0.9, 0.7)
# Per two years: about 40 % more happens in the second year than in the first.
GROWTH = 1.0
# The share of plans and of birth dates that nobody knows, where they can be NULL.
UNKNOWN = 0.08
# The share of statuses that are not a stage, such as `on_hold`.
ODD = 0.03
STATUS = re.compile(r"(^|_)(status|state|stage|phase)$")


def row_times_of(table: Table, count: int, chance: random.Random) -> list[datetime]:
    """When each row came into being, in order: events grow and follow the seasons."""
    first, last = _window(table)
    if table.role in ("dimension", "reference"):
        step = (last - first).total_seconds() / max(count, 1)
        seconds = (int(step * (index + chance.random())) for index in range(count))
        return [first + timedelta(seconds=second) for second in seconds]
    days = [first + number * DAY for number in range(max((last - first).days, 1))]
    weights = list(accumulate(_busy(day, number / len(days)) for number, day in enumerate(days)))
    times = []
    for index in range(count):
        drawn = (index + chance.random()) / count * weights[-1]
        day = days[min(bisect_right(weights, drawn), len(days) - 1)]
        times.append(day + timedelta(seconds=int(chance.triangular(7, 23.5, 18) * 3600)))
    return sorted(min(time, last) for time in times)


def _busy(day: datetime, passed: float) -> float:
    return (1 + GROWTH * passed) * MONTHS[day.month - 1] * WEEKDAYS[day.weekday()]


def _window(table: Table) -> tuple[datetime, datetime]:
    """The time in which rows come into being, which the bounds of their first date can limit."""
    chain = [column for column, stage in dated(table) if stage < Stage.UPDATED]
    ends = any(stage == Stage.UNTIL for _, stage in dated(table))
    first, last = FIRST_TIME, LAST_TIME
    if table.role == "dimension" and not ends:
        first = OPENING + 30 * DAY
    if table.role == "reference" and not ends:
        # What everything else refers to is there from the beginning.
        first, last = OPENING, OPENING + 30 * DAY
    if chain:
        low, high = limits(chain[0])
        inside = max(first, low), min(last, high)
        if inside[0] >= inside[1]:
            low, high = span(chain[0])
            inside = as_datetime(low), as_datetime(high)
        first, last = inside
    return first, last


def dated(table: Table) -> list[tuple[Column, Stage]]:
    """The columns with dates, in the order of their meaning; other names mean the start."""
    linked = {name for reference in table.references for name in reference.columns}
    columns = [
        column
        for column in table.columns
        if column.type in TEMPORAL and not column.values and column.name not in linked
    ]
    found = [
        (column, Stage.BORN if column.pii == "birth_date" else stage_of(column.name))
        for column in columns
    ]
    return sorted(
        ((column, stage or Stage.STARTED) for column, stage in found), key=lambda each: each[1]
    )


def as_datetime(value: Any, end: bool = False) -> datetime:
    """The date or time as a timestamp in UTC, without a zone; the end of the day for an end."""
    if not isinstance(value, datetime):
        time = datetime.max.time() if end else datetime.min.time()
        return datetime.combine(value, time.replace(microsecond=0))
    return value.astimezone(timezone.utc).replace(tzinfo=None) if value.tzinfo else value


def limits(column: Column) -> tuple[datetime, datetime]:
    """The first and last time that the spec allows."""
    low, high = bounds(column)
    return (
        datetime.min if low is None else as_datetime(low),
        datetime.max if high is None else as_datetime(high, end=not isinstance(high, datetime)),
    )


class Journey:
    """What happens to a row and when; `reached` has the stages that it reached by now."""

    def __init__(
        self, start: datetime, brief: bool, exceptions: dict[Stage, float], chance: random.Random
    ) -> None:
        # Orders live for weeks, people and products for years.
        self._brief = brief
        self._now = max(LAST_TIME, start)
        self.times = self._course(start, chance)
        self.exception = self._exception(exceptions, chance)
        last = Stage.PAID if self.exception == Stage.CANCELLED else Stage.COMPLETED
        self.reached = {
            stage
            for stage, time in self.times.items()
            if stage == self.exception or (stage <= last and time <= self._now)
        }
        # What did not happen by now, but must have a date, is not later than what did.
        latest = max(self.times[stage] for stage in self.reached)
        self.times = {stage: min(time, latest) for stage, time in self.times.items()}
        self.reached.add(Stage.UPDATED)
        more = (self._now - latest) * chance.random() ** 2
        if self._brief:
            more = min(more, timedelta(minutes=90 * chance.random()))
        self.times[Stage.UPDATED] = latest + timedelta(seconds=int(more.total_seconds()))

    def _course(self, start: datetime, chance: random.Random) -> dict[Stage, datetime]:
        """When everything happens if all goes well, and when an exception happens."""
        paid = later(start, 2 * chance.random() ** 2)
        sent = later(paid, 0.3 + 2.5 * chance.random())
        delivered = later(sent, 1 + 4 * chance.random())
        completed = later(delivered, 0.1 + 3 * chance.random())
        return {
            Stage.STARTED: start,
            Stage.ORDERED: start,
            Stage.PAID: paid,
            Stage.SENT: sent,
            Stage.DELIVERED: delivered,
            Stage.COMPLETED: completed,
            Stage.CANCELLED: later(paid, 0.1 + 2 * chance.random()),
            Stage.RETURNED: later(completed, 2 + 14 * chance.random()),
            Stage.GONE: later(completed, (5 + 10 * chance.random()) * (1 if self._brief else 60)),
        }

    def _exception(self, exceptions: dict[Stage, float], chance: random.Random) -> Stage | None:
        """The exception that happens to the row, if any happens by now."""
        fate = chance.random()
        for stage, share in exceptions.items():
            if fate < share:
                return stage if self.times[stage] <= self._now else None
            fate -= share
        return None


def later(start: datetime, days: float) -> datetime:
    """The time so many days later, to the second."""
    try:
        return start + timedelta(seconds=int(days * 86_400))
    except OverflowError:
        return datetime.max if days > 0 else datetime.min


def fill_dates(draft: Draft, filled: set[str]) -> list[Journey]:
    """Fill the dates that are not `filled`, in their order; returns the journey of each row.

    Sets the times and ends of the rows to what the columns say.
    """
    columns = [(column, stage) for column, stage in dated(draft.table) if column.name not in filled]
    chance = draft.chance("journey")
    brief = draft.table.role in ("fact", "bridge")
    # Where nothing is sent, things come back as a rule, such as rented films.
    exceptions = EXCEPTIONS if _delivers(draft.table) else {**EXCEPTIONS, Stage.RETURNED: 1.0}
    made = [Journey(start, brief, exceptions, chance) for start in draft.times]
    chain = [(column, stage) for column, stage in columns if stage <= Stage.UPDATED]
    plans = [(column, stage) for column, stage in columns if stage > Stage.UPDATED]
    # Nothing is later than the latest date that a later column allows.
    floors, ceilings = [], []
    for column, _ in chain:
        low, high = limits(column)
        floors.append(low)
        ceilings.append(high)
    for position in range(len(ceilings) - 2, -1, -1):
        ceilings[position] = min(ceilings[position], ceilings[position + 1])
    for index, journey in enumerate(made):
        time = draft.times[index]
        for position, (column, stage) in enumerate(chain):
            if (
                stage not in journey.reached
                and draft.optional(column.name)
                and stage > Stage.ORDERED
            ):
                draft.rows.setdefault(column.name, []).append(None)
                continue
            time = min(max(time, journey.times[stage]), ceilings[position])
            time = max(time, floors[position])
            draft.rows.setdefault(column.name, []).append(as_temporal(time, column.type))
            if position == 0:
                draft.times[index] = time
            if stage == Stage.GONE:
                draft.ends[index] = time
    for column, stage in plans:
        _plan(draft, column, stage)
    return made


def _delivers(table: Table) -> bool:
    """Whether columns or statuses say that something is sent or delivered."""
    names = [column.name for column, _ in dated(table)]
    names += [str(value) for column in table.columns for value in column.values]
    return any(stage_of(name) in (Stage.SENT, Stage.DELIVERED) for name in names)


def _plan(draft: Draft, column: Column, stage: Stage) -> None:
    """Fill a column with a plan: days after the start of the row, or the date of a birth."""
    chance = draft.chance(column.name)
    low, high = limits(column)
    least, most = {Stage.DUE: (7, 30), Stage.UNTIL: (6, 27), Stage.BORN: (-75 * 365, -19 * 365)}[
        stage
    ]
    if stage == Stage.UNTIL and draft.table.role == "fact" and column.type != "date":
        least, most = 0.01, 3
    values: list[Any] = []
    for index, start in enumerate(draft.times):
        days = least + (most - least) * chance.random()
        missing = draft.optional(column.name) and chance.random() < UNKNOWN
        time = min(max(later(start, days), low), high)
        values.append(None if missing else as_temporal(time, column.type))
        if stage == Stage.UNTIL and not missing and draft.table.role != "fact":
            draft.ends[index] = time
            draft.temporary = True
    draft.rows[column.name] = values


def status_values(
    draft: Draft, column: Column, choices: list[Any], journeys: list[Journey]
) -> list[Any] | None:
    """The status of each row at its age, or None if the column is not a known status."""
    stages = {choice: stage_of(str(choice)) for choice in choices}
    known = sorted(
        ((stage, choice) for choice, stage in stages.items() if stage), key=lambda each: each[0]
    )
    if not STATUS.search(column.name) or len(known) < 2:
        return None
    odd = [choice for choice, stage in stages.items() if not stage or stage > Stage.UPDATED]
    chance = draft.chance(column.name)
    values = []
    for journey in journeys:
        exception = [choice for stage, choice in known if stage == journey.exception]
        reached = [choice for stage, choice in known if stage in journey.reached]
        value = (exception or reached[-1:] or [known[0][1]])[0]
        values.append(chance.choice(odd) if odd and chance.random() < ODD else value)
    return values
