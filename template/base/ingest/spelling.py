"""Foreign keys that match at the source although they are spelled differently: `ABC ` for `abc`.

`citext`, most MySQL collations and SQLite's `nocase` compare this way; warehouses compare exactly.
A foreign key is therefore loaded with the spelling of the key that it references, and counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ingest.spec import Column, Reference, Source, Table

WHAT = "spelled differently than the referenced key; loaded with the spelling of that key"


@dataclass(frozen=True)
class Step:
    """A step from a column to the key that it references."""

    here: Table
    mine: Column
    there: Table
    theirs: Column
    pairs: tuple[tuple[Column, Column], ...]


@dataclass(frozen=True)
class Speller:
    """The SQL of a kind of database for such foreign keys.

    `name` and `quote` quote names, `exact` is the SQL for the bytes of the text `{}`. `kind` says
    how a column is compared; it is None for a column that does not exist.
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
        """The SQL for the columns that are spelled differently than the keys they reference.

        By the columns' origins; `rows` is the query of the rows to read, `ask` runs a query.
        """
        found = {}
        for column in columns:
            if (steps := self._steps(table, column)) and (count := ask(self._count(steps, rows))):
                replaced[f"{table.source_name}.{column.origin}: {WHAT}"] = count
                found[column.origin] = self._value(steps, self.name(table))
        return found

    def _steps(self, table: Table, column: Column) -> list[Step]:
        """The chain of references, since a key may itself reference another key."""
        steps: list[Step] = []
        while (step := self._step(table, column)) and step not in steps:
            steps.append(step)
            table, column = step.there, step.theirs
        return steps

    def _step(self, table: Table, column: Column) -> Step | None:
        for reference in table.references:
            there = next(other for other in self.source.tables if other.name == reference.to)
            pairs = tuple(_pairs(table, reference, there))
            theirs = next((key for mine, key in pairs if mine == column), None)
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
        # SQLite compares with the collation of the left side, which has to be the key.
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
