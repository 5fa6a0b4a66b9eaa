"""References that their source finds although they are spelled otherwise: `ABC ` for `abc`.

`citext`, most collations of MySQL and SQLite's `nocase` compare so; a warehouse compares exactly.
What points to another row therefore lands as it is spelled there, and is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ingest.spec import Column, Reference, Source, Table

WHAT = "spelled otherwise than in the row it points to; lands as it is spelled there"


@dataclass(frozen=True)
class Step:
    """One step from a column to the key to which it points."""

    here: Table
    mine: Column
    there: Table
    theirs: Column
    pairs: tuple[tuple[Column, Column], ...]


@dataclass(frozen=True)
class Speller:
    """What a kind of database has to say of it.

    `name` and `quote` write names, `exact` the bytes of the text `{}`. `kind` says what a column is
    compared as, and is None for one that is not there.
    """

    source: Source
    name: Callable[[Table], str]
    quote: Callable[[str], str]
    exact: str
    kind: Callable[[Table, Column], str | None]

    def spelled(
        self,
        table: Table,
        columns: Sequence[Column],
        rows: str,
        ask: Callable[[str], int],
        replaced: Counter[str],
    ) -> dict[str, str]:
        """The SQL of those columns that are spelled otherwise than the rows to which they point.

        By the columns' origins; `rows` is a query of what is read, `ask` gives the answer to one.
        """
        found = {}
        for column in columns:
            if (steps := self._steps(table, column)) and (count := ask(self._count(steps, rows))):
                replaced[f"{table.source_name}.{column.origin}: {WHAT}"] = count
                found[column.origin] = self._value(steps, self.name(table))
        return found

    def _steps(self, table: Table, column: Column) -> list[Step]:
        """From key to key, as what is a key may itself point to another one."""
        steps: list[Step] = []
        while (step := self._step(table, column)) and step not in steps:
            steps.append(step)
            table, column = step.there, step.theirs
        return steps

    def _step(self, table: Table, column: Column) -> Step | None:
        for reference in table.references:
            there = next(one for one in self.source.tables if one.name == reference.to)
            pairs = tuple(_pairs(table, reference, there))
            theirs = next((other for one, other in pairs if one == column), None)
            if theirs and theirs.type == column.type == "text" and _is_key(there, reference):
                kind = self.kind(table, column)
                if kind and kind == self.kind(there, theirs):
                    return Step(table, column, there, theirs, pairs)
        return None

    def _count(self, steps: Sequence[Step], rows: str) -> str:
        joins, ends, outer = [], [], "here"
        for number, step in enumerate(steps):
            inner = f"target_{number}"
            kind = "left join" if number else "join"
            joins.append(
                f"{kind} {self.name(step.there)} as {inner} on {self._on(step, outer, inner)}"
            )
            ends.append(self.exact.format(f"{inner}.{self.quote(step.theirs.origin)}"))
            outer = inner
        spelled = f"coalesce({', '.join(reversed(ends))})" if ends[1:] else ends[0]
        written = self.exact.format(f"here.{self.quote(steps[0].mine.origin)}")
        return (
            f"select count(*) from ({rows}) as here {' '.join(joins)} where {spelled} <> {written}"
        )

    def _value(self, steps: Sequence[Step], alias: str) -> str:
        step, inner = steps[0], f"target_{len(steps)}"
        spelled = f"{inner}.{self.quote(step.theirs.origin)}"
        if steps[1:]:
            spelled = self._value(steps[1:], inner)
        there = f"select min({spelled}) from {self.name(step.there)} as {inner}"
        own = f"{alias}.{self.quote(step.mine.origin)}"
        return f"coalesce(({there} where {self._on(step, alias, inner)}), {own})"

    def _on(self, step: Step, outer: str, inner: str) -> str:
        # SQLite compares as its left side does, which has to be the key.
        return " and ".join(
            f"{inner}.{self.quote(theirs.origin)} = {outer}.{self.quote(mine.origin)}"
            for mine, theirs in step.pairs
        )


def _pairs(table: Table, reference: Reference, there: Table) -> list[tuple[Column, Column]]:
    own = {column.name: column for column in table.columns}
    others = {column.name: column for column in there.columns}
    names = zip(reference.columns, reference.to_columns, strict=True)
    return [(own[mine], others[theirs]) for mine, theirs in names]


def _is_key(table: Table, reference: Reference) -> bool:
    alone = [(column.name,) for column in table.columns if column.unique]
    return set(reference.to_columns) in map(set, (table.key, *table.unique, *alone))
