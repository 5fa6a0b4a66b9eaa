"""What a spec says about keys that its source does not declare. It stays, since an owner may have decided so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from platform_new.introspect.catalog import FoundForeignKey, FoundTable, TableId
from platform_new.introspect.keys.evidence import Columns, Evidence
from platform_new.introspect.keys.primary import Keys
from platform_new.spec.models import Source, Table

IN_SPEC = "as in the spec"


class KnownKeys:
    """The keys in the spec of a source, in the source's names.

    Of a source that `declares` keys, these are only the inferred ones; files declare none.
    """

    def __init__(self, known: Source | None, tables: Sequence[FoundTable], declares: bool):
        self.declares = declares
        self.found = {table.id: table for table in tables}
        spelt: dict[str, list[Table]] = defaultdict(list)
        for table in known.tables if known else ():
            spelt[table.origin or table.name].append(table)
        self.tables = {
            table.id: match
            for table in tables
            for match in spelt[table.id.name]
            if match.schema_ in (None, table.id.schema)
        }
        self.by_name = {match.name: self.found[id_] for id_, match in self.tables.items()}

    def has(self, table: FoundTable) -> bool:
        """Whether the spec has the table."""
        return table.id in self.tables

    def is_known(self, table: TableId, column: str) -> bool:
        """Whether the spec has the column, and so says what it points to."""
        return table in self.tables and column in _names(self.tables[table])

    def keys(self, evidence: Evidence) -> dict[TableId, Keys]:
        """The inferred keys of the spec that the source's rows do not refute."""
        asked = {
            id_: columns
            for id_, match in self.tables.items()
            if not self.found[id_].key and (columns := self._key(id_, match))
        }
        unique = evidence.unique(asked.values())
        found = {}
        for id_, columns in asked.items():
            seen = unique.get(columns)
            if seen and seen.rows and not seen.is_key:
                found[id_] = Keys(why=f"{', '.join(columns.names)} does not identify its rows any more")
            else:
                found[id_] = Keys(columns.names, IN_SPEC)
        return found

    def _key(self, id_: TableId, match: Table) -> Columns | None:
        names = _names_in_source(match)
        columns = tuple(names[name] for name in match.key if name in names)
        there = {column.name for column in self.found[id_].columns}
        said = match.key_inferred or not self.declares
        return Columns(id_, columns) if said and columns and there.issuperset(columns) else None

    def with_links(self, table: FoundTable) -> FoundTable:
        """The table with the inferred foreign keys of the spec."""
        match = self.tables.get(table.id)
        if not match:
            return table
        declared = {name for key in table.foreign_keys for name in key.columns}
        links = [link for link in self._links(match) if not declared & set(link.columns)]
        return replace(table, foreign_keys=(*table.foreign_keys, *links))

    def _links(self, match: Table) -> Iterator[FoundForeignKey]:
        mine = _names_in_source(match)
        pairs = [
            ((column.name,), column.references.partition(".")[0], (column.references.partition(".")[2],))
            for column in match.columns
            if column.references and (column.inferred or not self.declares)
        ]
        pairs += [
            (each.columns, each.to, each.to_columns) for each in match.references if each.inferred or not self.declares
        ]
        for columns, to, to_columns in pairs:
            target = self.by_name.get(to)
            if target and mine.keys() >= set(columns):
                theirs = _names_in_source(self.tables[target.id])
                if theirs.keys() >= set(to_columns):
                    names = tuple(theirs[name] for name in to_columns)
                    yield FoundForeignKey(tuple(mine[name] for name in columns), target.id, names, inferred=True)


def _names(table: Table) -> set[str]:
    return {column.source_name for column in table.columns}


def _names_in_source(table: Table) -> Mapping[str, str]:
    return {column.name: column.source_name for column in table.columns}
