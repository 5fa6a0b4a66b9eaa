"""Infers the primary and foreign keys that a source does not declare, with the evidence for each as its reason.

Names propose (`naming`), the source's rows confirm (`evidence`), and all links are decided together (`deciding`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from platform_new.introspect.catalog import FoundTable
from platform_new.introspect.keys.deciding import Links, decide
from platform_new.introspect.keys.evidence import Columns, Engine, Evidence, SqlEvidence
from platform_new.introspect.keys.known import KnownKeys
from platform_new.introspect.keys.names import Names
from platform_new.introspect.keys.primary import Keys, infer_primary_keys
from platform_new.spec.models import Source


def with_inferred_keys(
    engine: Engine, tables: Sequence[FoundTable], known: Source | None = None, *, declares: bool = True
) -> tuple[FoundTable, ...]:
    """The tables of a source that speaks SQL, with inferred keys where none are declared.

    `declares` says whether sources of this kind can declare keys.
    """
    types = {(table.id, column.name): column for table in tables for column in table.columns}
    return infer_keys(tables, SqlEvidence(engine, types), known, declares=declares)


def infer_keys(
    tables: Sequence[FoundTable], evidence: Evidence, known: Source | None = None, *, declares: bool = True
) -> tuple[FoundTable, ...]:
    """The tables with inferred keys where none are declared.

    What the `known` source says about its tables and columns stays: its owner may have decided so.
    """
    spec = KnownKeys(known, tables, declares)
    open_ = [table for table in tables if _is_open(table) and not spec.has(table)]
    keys = infer_primary_keys(open_, Names({table.id: table for table in tables}), evidence)
    keys |= spec.keys(evidence)
    keyed = [_with_key(table, keys.get(table.id)) for table in tables]
    names = Names({table.id: table for table in keyed})
    others = {id_: found.others for id_, found in keys.items()}
    linked = [spec.with_links(table) for table in keyed]
    links = decide(linked, names, others, evidence, spec.is_known)
    found = tuple(_with_links(table, links) for table in linked)
    return found if declares else _with_required(found, evidence)


def _with_required(tables: Sequence[FoundTable], evidence: Evidence) -> tuple[FoundTable, ...]:
    """The tables of a source that declares nothing, with those columns of keys required that are never empty."""
    asked = [Columns(table.id, (name,)) for table in tables for name in _names_in_keys(table)]
    seen = evidence.unique(asked)
    filled = {(each.table, *each.names) for each, found in seen.items() if found.filled == found.rows > 0}
    return tuple(
        replace(
            table,
            columns=tuple(
                replace(column, nullable=False) if (table.id, column.name) in filled else column
                for column in table.columns
            ),
        )
        for table in tables
    )


def _names_in_keys(table: FoundTable) -> list[str]:
    return list(dict.fromkeys((*table.key, *(name for key in table.foreign_keys for name in key.columns))))


def _is_open(table: FoundTable) -> bool:
    return not (table.key or table.exclude or table.is_view)


def _with_key(table: FoundTable, found: Keys | None) -> FoundTable:
    if not found:
        return table
    return replace(table, key=found.key, key_note=found.why or table.key_note, key_inferred=bool(found.key))


def _with_links(table: FoundTable, links: Links) -> FoundTable:
    return replace(
        table,
        foreign_keys=(*table.foreign_keys, *links.certain.get(table.id, ())),
        possible=tuple(links.possible.get(table.id, ())),
    )
