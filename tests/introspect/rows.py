"""Tables of Python rows, which answer what the inference of keys asks as a database would."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from platform_new.introspect.catalog import FoundColumn, FoundForeignKey, FoundTable, TableId
from platform_new.introspect.keys import infer_keys
from platform_new.introspect.keys.evidence import Columns, Inclusion, Link, Uniqueness

Rows = Sequence[Mapping[str, Any]]


class RowsEvidence:
    """Evidence from rows in memory; `asked` counts the questions."""

    def __init__(self, rows: Mapping[str, Rows]):
        self.rows = rows
        self.asked = 0

    def unique(self, asked: Iterable[Columns]) -> dict[Columns, Uniqueness]:
        """How unique these columns are."""
        return {columns: self._unique(columns) for columns in asked}

    def contained(self, asked: Iterable[Link]) -> dict[Link, Inclusion]:
        """Whether the values of columns are values of the columns that they may point to."""
        return {link: self._contained(link) for link in asked}

    def _values(self, columns: Columns) -> list[tuple[Any, ...]]:
        self.asked += 1
        rows = [tuple(row[name] for name in columns.names) for row in self.rows[columns.table.name]]
        return [row for row in rows if None not in row]

    def _unique(self, columns: Columns) -> Uniqueness:
        filled = self._values(columns)
        return Uniqueness(len(self.rows[columns.table.name]), len(filled), len(set(filled)))

    def _contained(self, link: Link) -> Inclusion:
        mine, theirs = set(self._values(link.source)), set(self._values(link.target))
        return Inclusion(len(mine), len(mine - theirs))


def tables_of(rows: Mapping[str, Rows], **declared: Sequence[FoundForeignKey]) -> list[FoundTable]:
    """The tables without keys, except for the declared foreign keys; types come from the first row."""
    return [
        FoundTable(
            TableId("", name),
            tuple(
                FoundColumn(column, "text" if isinstance(value, str) else "bigint", nullable=False)
                for column, value in of_table[0].items()
            ),
            rows=len(of_table),
            counted=True,
            foreign_keys=tuple(declared.get(name, ())),
        )
        for name, of_table in rows.items()
    ]


def inferred(rows: Mapping[str, Rows], **declared: Sequence[FoundForeignKey]) -> dict[str, str]:
    """Each foreign key as text, such as `orders.customer_id: customers.id`; keys as `orders: id`."""
    tables = infer_keys(tables_of(rows, **declared), RowsEvidence(rows))
    found = {table.id.name: ", ".join(table.key) for table in tables}
    for table in tables:
        for key in table.foreign_keys:
            found[f"{table.id.name}.{', '.join(key.columns)}"] = f"{key.to.name}.{', '.join(key.to_columns)}"
    return found
