"""Asks a source which columns are unique and which values occur in which keys: in bulk, read-only and bounded.

The source computes the answers; no value leaves it. An engine says how its SQL is spelt and runs one statement.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from platform_new.introspect.catalog import FoundColumn, TableId

SCANNED_ROWS = 100_000
"""How many rows of a table are read to find whether its columns are unique."""
READ_ROWS = 10_000
SAMPLED_VALUES = 1_000
"""How many different values, among the first READ_ROWS rows, are looked up in the key that they may point to."""
STATEMENTS = 20
"""How many questions one statement asks."""
STATEMENT_SECONDS = 10
"""After this time, an engine cancels a statement."""
SECONDS = 120.0
"""After this time, no more questions are asked: what is unknown by then is decided by names and types."""


class Columns(NamedTuple):
    """Columns of a table."""

    table: TableId
    names: tuple[str, ...]


class Link(NamedTuple):
    """Columns that may point to the columns of a key, in the same order."""

    source: Columns
    target: Columns


class Uniqueness(NamedTuple):
    """The rows read, how many of them have a value in every column, and how many different values these are."""

    rows: int
    filled: int
    distinct: int

    @property
    def is_key(self) -> bool:
        """Whether the columns are unique and never empty."""
        return 0 < self.rows == self.filled == self.distinct


class Inclusion(NamedTuple):
    """How many different values were looked up, and how many of them the target does not have."""

    values: int
    missing: int


class Evidence(Protocol):
    """What a source answers about its rows. A question that failed or took too long has no answer."""

    def unique(self, asked: Iterable[Columns]) -> Mapping[Columns, Uniqueness]:
        """How unique these columns are."""
        ...

    def contained(self, asked: Iterable[Link]) -> Mapping[Link, Inclusion]:
        """Whether the values of columns are values of the columns that they may point to."""
        ...


class Engine(Protocol):
    """How the SQL of a source is spelt, and how a statement is run."""

    def table(self, table: TableId) -> str:
        """The table's name in a statement."""
        ...

    def column(self, name: str) -> str:
        """The column's name in a statement."""
        ...

    def text(self, value: str) -> str:
        """The SQL of a value as text, to compare columns of different types."""
        ...

    def rows(self, statement: str) -> list[Sequence[Any]] | None:
        """The rows of a statement; None if it failed or took too long."""
        ...


@dataclass
class SqlEvidence:
    """Evidence from a source that speaks SQL; it compares columns of different types as texts."""

    engine: Engine
    columns: Mapping[tuple[TableId, str], FoundColumn]
    clock: Callable[[], float] = time.monotonic
    _until: float = field(init=False)

    def __post_init__(self) -> None:
        self._until = self.clock() + SECONDS

    def unique(self, asked: Iterable[Columns]) -> Mapping[Columns, Uniqueness]:
        """How unique these columns are, in at most SCANNED_ROWS rows of each table."""
        questions = {columns: self._unique(columns) for columns in dict.fromkeys(asked)}
        return {columns: Uniqueness(*map(int, answer)) for columns, answer in self._ask(questions).items()}

    def contained(self, asked: Iterable[Link]) -> Mapping[Link, Inclusion]:
        """Whether up to SAMPLED_VALUES values of each source occur in its target."""
        questions = {link: self._contained(link) for link in dict.fromkeys(asked)}
        return {
            link: Inclusion(int(values), int(values) - int(found))
            for link, (values, found, _) in self._ask(questions).items()
        }

    def _unique(self, columns: Columns) -> str:
        names = [self.engine.column(name) for name in columns.names]
        listed = ", ".join(names)
        rows = f"(select {listed} from {self.engine.table(columns.table)} limit {SCANNED_ROWS}) t"
        filled = " and ".join(f"{name} is not null" for name in names)
        return (
            f"(select count(*) from {rows}), (select count(*) from {rows} where {filled}), "
            f"(select count(*) from (select distinct {listed} from {rows} where {filled}) d)"
        )

    def _contained(self, link: Link) -> str:
        mine = [f"c{number}" for number in range(len(link.source.names))]
        pairs = list(zip(link.source.names, link.target.names, strict=True))
        chosen = ", ".join(f"{self._value(link, *pair)} as {name}" for pair, name in zip(pairs, mine, strict=True))
        filled = " and ".join(f"{self.engine.column(name)} is not null" for name in link.source.names)
        values = (
            f"(select distinct {', '.join(mine)} from (select {chosen} from {self.engine.table(link.source.table)} "
            f"where {filled} limit {READ_ROWS}) r limit {SAMPLED_VALUES}) s"
        )
        keys = ", ".join(f"{self._value(link, a, b, target=True)} as k{n}" for n, (a, b) in enumerate(pairs))
        same = " and ".join(f"s.{name} = k.k{number}" for number, name in enumerate(mine))
        target = f"(select distinct {keys} from {self.engine.table(link.target.table)}) k"
        joined = f"select count(*) as v, count(k.k0) as f from {values} left join {target} on {same}"
        return f"j.v, j.f, 0 from ({joined}) j"

    def _value(self, link: Link, mine: str, theirs: str, *, target: bool = False) -> str:
        name = self.engine.column(theirs if target else mine)
        one, other = self.columns[link.source.table, mine], self.columns[link.target.table, theirs]
        numbers = one.data_type.is_number and other.data_type.is_number
        same = (one.type, one.source_type) == (other.type, other.source_type)
        return name if same or numbers else self.engine.text(name)

    def _ask(self, questions: Mapping[Any, str]) -> dict[Any, Sequence[Any]]:
        answers: dict[Any, Sequence[Any]] = {}
        waiting = [
            list(questions.items())[start : start + STATEMENTS] for start in range(0, len(questions), STATEMENTS)
        ]
        while waiting and self.clock() < self._until:
            batch = waiting.pop(0)
            selects = (f"select {number}, {question}" for number, (_, question) in enumerate(batch))
            rows = self.engine.rows(" union all ".join(selects))
            if rows is not None:
                answers |= {batch[int(number)][0]: answer for number, *answer in rows}
            elif len(batch) > 1:
                waiting = [[one] for one in batch] + waiting
        return answers
