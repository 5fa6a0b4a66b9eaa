"""Plans the raw vault: the hub or link of each staged table, its satellites, and when its rows were in the source.

A table with a key has a hub, or a link if it only connects other tables. All foreign keys of a table are one link,
since they were delivered together (its unit of work). Columns are in one satellite, personal data in another, and an
effectivity satellite says when the row, with these foreign keys, was in the source.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from platform_new.plan.model import DataTest, PlannedColumn, PlannedSource, StagedTable
from platform_new.plan.modeling.body import Selected
from platform_new.plan.modeling.member import entity_of
from platform_new.plan.modeling.vault import Anchor, Effectivity, Feed, Hub, LinkTable, Reference, Satellite, VaultTable
from platform_new.spec.names import distinct, fit

LOAD_DATE = PlannedColumn("load_date", "timestamp", "The time of the run that added the row", required=True)
RECORD_SOURCE = PlannedColumn("record_source", "text", "The source and table that the row comes from", required=True)
HASH_DIFF = PlannedColumn("hash_diff", "text", "Hash of the columns, to detect changes", required=True)
IS_ACTIVE = PlannedColumn("is_active", "boolean", "Whether the source has the row since then", required=True)
TECHNICAL = frozenset({*(each.name for each in (LOAD_DATE, RECORD_SOURCE, HASH_DIFF, IS_ACTIVE)), "next_load_date"})
"""The names of the vault's own columns; a column of a source that has such a name gets another in the vault."""
HASH_KEY, LINK_HASH_KEY = "hk", "link_hk"
"""The suffixes of hash keys."""
Tables = Mapping[str, StagedTable]


def plan_vault(sources: Iterable[PlannedSource]) -> tuple[VaultTable, ...]:
    """Plan the raw vault of all tables that have a key and reach the marts."""
    tables = {
        f"{table.source}.{table.table}": table
        for source in sources
        for table in source.tables
        if table.key and table.spec.reaches_marts
    }
    independent = {name: table for name, table in tables.items() if table.spec.role != "bridge"}
    links = {name for name in tables.keys() - independent.keys() if _only_connects(tables[name], independent)}
    anchors = {name: _hub_anchor(table) for name, table in tables.items() if name not in links}
    references = {name: tuple(_references(table, tables, anchors)) for name, table in tables.items()}
    feeds: dict[str, list[Feed]] = {}
    for name, each in references.items():
        for reference in each:
            feed = Feed(tables[name].model, _as_key(reference.link.columns, reference.hub), name)
            feeds.setdefault(reference.hub.name, []).append(feed)
    return tuple(_vault_table(table, anchors.get(name), references[name], feeds) for name, table in tables.items())


def _vault_table(
    table: StagedTable, own: Anchor | None, references: tuple[Reference, ...], feeds: Mapping[str, list[Feed]]
) -> VaultTable:
    link = _link_table(table, own, references) if references else None
    anchor = own or _link_anchor(link)
    satellites = tuple(_satellites(table, anchor, link))
    return VaultTable(
        table=table,
        anchor=anchor,
        hub=_hub(table, own, feeds.get(own.name, [])) if own else None,
        link=link,
        satellites=satellites,
        effectivity=_effectivity(table, anchor, link if own else None, satellites),
    )


def _hash_key(table: StagedTable, suffix: str) -> str:
    """The name of a hash key: `customer_id` gives `customer_hk`."""
    natural = table.key[0] if len(table.key) == 1 else ""
    stem = natural.removesuffix("_id") if natural.endswith("_id") else entity_of(table)
    return distinct(f"{stem}_{suffix}", {column.name for column in table.columns} | TECHNICAL)


def _hub_anchor(table: StagedTable) -> Anchor:
    hash_key = _hash_key(table, HASH_KEY)
    key = _stored((table.column(name) for name in table.key), {hash_key})
    return Anchor(fit(f"hub_{entity_of(table)}"), hash_key, table.key, key, is_hub=True)


def _link_anchor(link: LinkTable) -> Anchor:
    return Anchor(link.name, link.hash_key, link.hashed, link.staged, is_hub=False)


def _stored(columns: Iterable[PlannedColumn], taken: set[str]) -> tuple[Selected, ...]:
    """Columns of a table under the names that they have in the vault."""
    names = {*taken, *TECHNICAL}
    stored = []
    for column in columns:
        name = distinct(column.name, names)
        names.add(name)
        stored.append(Selected(column.name, replace(column, name=name, tests=())))
    return tuple(stored)


def _as_key(columns: Iterable[str], hub: Anchor) -> tuple[Selected, ...]:
    return tuple(Selected(name, item.column) for name, item in zip(columns, hub.key, strict=True))


def _only_connects(table: StagedTable, tables: Tables) -> bool:
    """Whether a bridge is nothing but a connection: its key has at least two references, and all its references."""
    anchors = {name: _hub_anchor(each) for name, each in tables.items()}
    references = tuple(_references(table, tables, anchors))
    within = all(set(reference.link.columns) <= set(table.key) for reference in references)
    return within and len(references) > 1


def _references(table: StagedTable, tables: Tables, anchors: Mapping[str, Anchor]) -> Iterator[Reference]:
    """The foreign keys that lead to hubs, each with the columns in the order of the hub's key."""
    taken = {column.name for column in table.columns} | TECHNICAL
    taken |= {_hash_key(table, suffix) for suffix in (HASH_KEY, LINK_HASH_KEY)}
    for link in dict.fromkeys(table.links):
        name = link.to if "." in link.to else f"{table.source}.{link.to}"
        if name not in anchors or set(link.to_columns) != set(tables[name].key):
            continue
        mine = dict(zip(link.to_columns, link.columns, strict=True))
        ordered = replace(link, columns=tuple(mine[each] for each in tables[name].key), to_columns=tables[name].key)
        # Only values of the same type have the same text, and so the same hash.
        if all(table.column(each).type == tables[name].column(there).type for there, each in mine.items()):
            hub = anchors[name]
            hash_key = distinct(hub.hash_key if link.plain else f"{link.role}_{HASH_KEY}", taken)
            taken.add(hash_key)
            yield Reference(ordered, hub, hash_key)


def _hub(table: StagedTable, anchor: Anchor, feeds: list[Feed]) -> Hub:
    own = Feed(table.model, anchor.key, f"{table.source}.{table.table}")
    hash_key = PlannedColumn(anchor.hash_key, "text", "Hash of the business key", required=True, tests=_key_tests())
    return Hub(
        name=anchor.name,
        table=table,
        description=f"The business keys of {table.origin}, wherever a table mentions them",
        columns=(hash_key, *(item.column for item in anchor.key), LOAD_DATE, RECORD_SOURCE),
        tests=(),
        staged=anchor.key,
        anchor=anchor,
        feeds=(own, *feeds),
    )


def _key_tests() -> tuple[DataTest, ...]:
    return DataTest("unique", because="one row per key"), DataTest("not_null", because="the key of the table")


def _link_table(table: StagedTable, own: Anchor | None, references: tuple[Reference, ...]) -> LinkTable:
    covered = {reference.restores for reference in references}
    uncovered = () if own else (table.column(name) for name in table.key if name not in covered)
    hash_key = _hash_key(table, LINK_HASH_KEY if own else HASH_KEY)
    dependent = _stored(uncovered, {hash_key, *(reference.hash_key for reference in references)})
    hashed = dict.fromkeys((*table.key, *(name for reference in references for name in reference.link.columns)))
    points = ((own.name, own.hash_key, own.hash_key, True),) if own else ()
    points += tuple((each.hub.name, each.hub.hash_key, each.hash_key, not own) for each in references)
    return LinkTable(
        name=fit(f"link_{entity_of(table)}"),
        table=table,
        description=f"The references of each row of {table.origin}, as it was delivered",
        columns=(
            PlannedColumn(hash_key, "text", "Hash of the connected business keys", required=True, tests=_key_tests()),
            *(_pointer(*each) for each in points),
            *(item.column for item in dependent),
            LOAD_DATE,
            RECORD_SOURCE,
        ),
        tests=(),
        hash_key=hash_key,
        hashed=tuple(hashed),
        driving=own,
        references=references,
        staged=dependent,
    )


def _pointer(table: str, key: str, name: str, required: bool) -> PlannedColumn:
    """A hash key that points to a hub or link."""
    arguments = {"to": f"ref('{table}')", "field": key}
    tests = (DataTest("not_null", because="always known"),) if required else ()
    tests += (DataTest("relationships", arguments, because="the key is recorded first"),)
    said = f"Hash key of {table}{'' if required else '; empty if the row has no reference'}"
    return PlannedColumn(name, "text", said, required=required, tests=tests, refers_to=(table, key))


def _satellites(table: StagedTable, anchor: Anchor, link: LinkTable | None) -> Iterator[Satellite]:
    """The satellites of a table: one for its columns, one for personal data."""
    stored_elsewhere = {*table.key, *(link.restored if link else ())}
    columns = [column for column in table.columns if column.name not in stored_elsewhere and _is_recorded(column)]
    for suffix, personal in (("", False), ("__pii", True)):
        payload = _stored((column for column in columns if bool(column.pii) == personal), {anchor.hash_key})
        if payload:
            what = "personal data" if personal else "columns"
            yield Satellite(
                name=fit(f"sat_{entity_of(table)}{suffix}"),
                table=table,
                description=f"The versions of the {what} of {table.origin}; a row for each change that a run found",
                columns=(
                    _pointer(anchor.name, anchor.hash_key, anchor.hash_key, True),
                    LOAD_DATE,
                    HASH_DIFF,
                    RECORD_SOURCE,
                    *(item.column for item in payload),
                ),
                tests=_once_per_load(anchor.hash_key),
                staged=payload,
                anchor=anchor,
                personal=personal,
            )


def _is_recorded(column: PlannedColumn) -> bool:
    """Whether the vault records the column: what marts may need, except what staging computes from other columns."""
    is_shown = not column.data_type.is_opaque and column.pii != "credential"
    return not column.formula and (is_shown or column.kind == "foreign_key")


def _once_per_load(hash_key: str) -> tuple[DataTest, ...]:
    return (DataTest("unique_combination", {"columns": [hash_key, LOAD_DATE.name]}, because="one row for each load"),)


def _effectivity(
    table: StagedTable, anchor: Anchor, link: LinkTable | None, satellites: tuple[Satellite, ...]
) -> Effectivity:
    hash_key = link.hash_key if link else anchor.hash_key
    pointers = (_pointer(link.name, link.hash_key, link.hash_key, True),) if link else ()
    return Effectivity(
        name=fit(f"eff_{entity_of(table)}"),
        table=table,
        description=f"When the rows of {table.origin}{' with these references' if link else ''} were in the source",
        columns=(
            *pointers,
            _pointer(anchor.name, anchor.hash_key, anchor.hash_key, True),
            LOAD_DATE,
            IS_ACTIVE,
            RECORD_SOURCE,
        ),
        tests=_once_per_load(hash_key),
        staged=(),
        anchor=anchor,
        link=link,
        after=satellites,
    )
