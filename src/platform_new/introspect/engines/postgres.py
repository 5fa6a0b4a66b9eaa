"""Reads the catalog of a PostgreSQL database in one read-only snapshot."""

from __future__ import annotations

import contextlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from platform_new.errors import Problem, Refused
from platform_new.introspect.address import Address
from platform_new.introspect.catalog import FoundCatalog, FoundColumn, FoundForeignKey, FoundTable, TableId
from platform_new.introspect.engines import postgres_rows
from platform_new.introspect.engines.postgres_types import canonical
from platform_new.introspect.keys import with_inferred_keys
from platform_new.introspect.unreachable import unreachable
from platform_new.spec.models import Source

CONNECT_SECONDS = 10

DATABASE = """
select current_database(), coalesce(current_schema(), 'public'), shobj_description(oid, 'pg_database')
from pg_catalog.pg_database where datname = current_database()
"""

SCHEMAS = """
select nspname from pg_catalog.pg_namespace
where nspname !~ '^pg_' and nspname <> 'information_schema'
"""

RELATIONS = """
with recursive parts (oid, root) as (
    select i.inhrelid, i.inhparent
    from pg_catalog.pg_inherits i
    join pg_catalog.pg_class p on p.oid = i.inhparent and p.relkind = 'p' and not p.relispartition
    union all
    select i.inhrelid, parts.root
    from parts
    join pg_catalog.pg_inherits i on i.inhparent = parts.oid
)
select c.oid, parts.root, n.nspname, c.relname, c.relkind::text,
    c.reltuples::bigint, case when c.relkind in ('r', 'm') then pg_relation_size(c.oid) end,
    obj_description(c.oid, 'pg_class'),
    has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select'),
    c.relrowsecurity, e.extname,
    exists (select from pg_catalog.pg_inherits i where i.inhrelid = c.oid)
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join parts on parts.oid = c.oid
left join pg_catalog.pg_depend d
    on d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
left join pg_catalog.pg_extension e on e.oid = d.refobjid
where n.nspname = any(%s) and c.relkind = any(%s)
order by n.nspname, c.relname
"""

COLUMNS = """
select a.attrelid, a.attnum, a.attname, a.atttypid, format_type(a.atttypid, a.atttypmod), a.attnotnull,
    col_description(a.attrelid, a.attnum),
    (select max(s.null_frac) from pg_catalog.pg_stats s
        where s.schemaname = n.nspname and s.tablename = c.relname and s.attname = a.attname)
from pg_catalog.pg_attribute a
    join pg_catalog.pg_class c on c.oid = a.attrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where a.attrelid = any(%s) and a.attnum > 0 and not a.attisdropped
order by a.attrelid, a.attnum
"""

TYPES = """
with recursive used (oid) as (
    select distinct a.atttypid from pg_catalog.pg_attribute a where a.attrelid = any(%s) and a.attnum > 0
    union
    select t.typbasetype from used join pg_catalog.pg_type t on t.oid = used.oid where t.typtype = 'd'
)
select t.oid, t.typname, t.typtype::text, t.typcategory::text, t.typnotnull, t.typbasetype,
    case when t.typtype = 'd' then format_type(t.typbasetype, t.typtypmod) end,
    (select array_agg(l.enumlabel::text order by l.enumsortorder) from pg_catalog.pg_enum l where l.enumtypid = t.oid),
    (select array_agg(pg_get_constraintdef(k.oid)) from pg_catalog.pg_constraint k
        where k.contypid = t.oid and k.contype = 'c')
from used join pg_catalog.pg_type t on t.oid = used.oid
"""

CONSTRAINTS = """
select k.conrelid, k.contype::text, k.conkey, k.confrelid, k.confkey, k.convalidated,
    case when k.contype = 'c' then pg_get_constraintdef(k.oid) end
from pg_catalog.pg_constraint k
where k.conrelid = any(%s) and k.contype in ('p', 'u', 'f', 'c')
order by k.conrelid, k.conname
"""

TARGETS = """
select c.oid, n.nspname, c.relname
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.oid = any(%s)
"""

UNIQUE_INDEXES = """
select i.indrelid, i.indkey::int2[], i.indnkeyatts
from pg_catalog.pg_index i
where i.indrelid = any(%s) and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
    and not i.indisprimary
order by i.indrelid, i.indexrelid
"""


def read(
    address: Address,
    *,
    schemas: tuple[str, ...],
    views: bool,
    progress: Callable[[str], None],
    known: Source | None = None,
) -> FoundCatalog:
    """Read the catalog, and infer the keys that it lacks; those of the `known` source stay.

    Raises `Refused` if the database cannot be reached or a schema is unknown.
    """
    import psycopg

    with _connected(address) as connection:
        try:
            progress("Reading the catalog")
            reading = _Reading(connection, schemas, views)
            found = reading.catalog()
            if not found.tables:
                return found
            measured = postgres_rows.measure(connection, found.tables, reading.sizes, progress)
            progress("Looking for keys")
            return replace(found, tables=with_inferred_keys(postgres_rows.Postgres(connection), measured, known))
        except psycopg.Error as error:
            reason = f"the catalog cannot be read: {address.redacted(_one_line(error))}"
            raise Refused(Problem(reason, "try again, or use another user", value=address.shown)) from None


@contextlib.contextmanager
def _connected(address: Address) -> Iterator[Any]:
    import psycopg

    try:
        options = psycopg.conninfo.conninfo_to_dict(address.url)
        options = {"connect_timeout": CONNECT_SECONDS, "application_name": "platform-new", **options}
        connection = psycopg.connect(**options, client_encoding="utf8")
    except psycopg.Error as error:
        raise Refused(unreachable(address, _one_line(error))) from None
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    try:
        yield connection
    finally:
        connection.close()


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


class _Reading:
    """Reads the catalog, with one run of each query for all tables."""

    def __init__(self, connection: Any, schemas: tuple[str, ...], views: bool) -> None:
        self.connection = connection
        self.schemas = schemas
        self.views = views
        self.sizes: dict[TableId, postgres_rows.Size] = {}

    def _rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        return self.connection.execute(query, parameters or None).fetchall()

    def catalog(self) -> FoundCatalog:
        ((name, current, description),) = self._rows(DATABASE)
        known = [schema for (schema,) in self._rows(SCHEMAS)]
        unknown = [schema for schema in self.schemas if schema not in known]
        if unknown:
            hint = f"this database has {', '.join(sorted(known))}"
            reason = "there is no such schema, or this user may not see it"
            raise Refused([Problem(reason, hint, value=schema) for schema in unknown])
        kinds = ["r", "p", "f", *(("v", "m") if self.views else ())]
        relations = self._rows(RELATIONS, list(self.schemas or known), kinds)
        self.ids = {row[0]: TableId(row[2], row[3]) for row in relations}
        self.root = {row[0]: row[1] for row in relations if row[1] is not None}
        self.kinds = {row[0]: row[4] for row in relations}
        self.stored = {row[0]: (row[5], row[6]) for row in relations}
        oids = [row[0] for row in relations]
        self._read_details(oids)
        tables, left_out = [], []
        for row in relations:
            if row[0] in self.root:
                continue
            if self.columns[row[0]]:
                tables.append(self._table(row))
            else:
                left_out.append(f"{self.ids[row[0]]} has no columns")
        default = self.schemas[0] if self.schemas else current
        return FoundCatalog("postgres", name, tuple(tables), default, description or "", tuple(left_out))

    def _read_details(self, oids: list[int]) -> None:
        self.columns: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
        for oid, *column in self._rows(COLUMNS, oids):
            self.columns[oid].append(tuple(column))
        self.types = {row[0]: row[1:] for row in self._rows(TYPES, oids)}
        self.names = {oid: {column[0]: column[1] for column in columns} for oid, columns in self.columns.items()}
        self.constraints: dict[tuple[int, str], list[tuple[Any, ...]]] = defaultdict(list)
        for oid, kind, *constraint in self._rows(CONSTRAINTS, oids):
            self.constraints[oid, kind].append(tuple(constraint))
        targets = {
            constraint[1] for (_, kind), found in self.constraints.items() if kind == "f" for constraint in found
        }
        elsewhere = self._rows(TARGETS, list(targets - self.ids.keys()))
        self.elsewhere = {oid: TableId(schema, name) for oid, schema, name in elsewhere}
        self.indexes: dict[int, list[tuple[int, ...]]] = defaultdict(list)
        for oid, numbers, key_columns in self._rows(UNIQUE_INDEXES, oids):
            self.indexes[oid].append(tuple(numbers[:key_columns]))
        self.parts: dict[int, list[int]] = defaultdict(list)
        for part, root in self.root.items():
            self.parts[root].append(part)

    def _table(self, row: tuple[Any, ...]) -> FoundTable:
        oid, _, _, _, kind, _, _, comment, readable, row_security, extension, inherits = row
        parts = self.parts[oid]
        sizes = [self.stored[part] for part in (oid, *parts)]
        self.sizes[self.ids[oid]] = postgres_rows.Size(
            estimate=sum(max(rows, 0) for rows, _ in sizes),
            size=sum(size or 0 for _, size in sizes),
            known=all(rows > 0 or size == 0 for rows, size in sizes if size is not None),
            may_scan=readable and kind in "rpm",
        )
        notes = []
        if parts:
            notes.append("partitioned: loaded as one table")
        if kind in "vm":
            notes.append("a view" if kind == "v" else "a materialized view")
        if kind == "f":
            notes.append("a foreign table: read through another server")
        if row_security:
            notes.append("has row-level security: only the rows that this user may see are loaded")
        if inherits:
            notes.append("inherits from another table, whose rows include these")
        key, key_note = self._key(oid)
        return FoundTable(
            id=self.ids[oid],
            columns=tuple(self._column(*column) for column in self.columns[oid]),
            key=key,
            key_note=key_note if kind not in "vm" else "a view has no key",
            uniques=tuple(self._uniques(oid)),
            foreign_keys=(*self._foreign_keys(oid), *self._foreign_keys_of_partitions(oid)),
            checks=tuple(constraint[-1] for constraint in self.constraints[oid, "c"]),
            description=comment or "",
            exclude=f"belongs to the extension {extension}"
            if extension
            else None
            if readable
            else "this user may not read it",
            note="; ".join(notes),
            is_view=kind in "vm",
        )

    def _column(
        self,
        _number: int,
        name: str,
        type_oid: int,
        declared: str,
        not_null: bool,
        comment: str | None,
        null_share: float | None,
    ) -> FoundColumn:
        checks: list[str] = []
        typname, kind, category, _, base, base_declared, labels, _ = self.types[type_oid]
        while kind == "d":
            _, _, _, required, _, _, _, domain_checks = self.types[type_oid]
            not_null = not_null or required
            checks += domain_checks or ()
            declared, type_oid = base_declared, base
            typname, kind, category, _, base, base_declared, labels, _ = self.types[type_oid]
        found = canonical(declared, kind, category, typname)
        return FoundColumn(
            name=name,
            type=found.type,
            source_type=found.source_type,
            nullable=not not_null,
            values=tuple(labels) if labels else None,
            checks=tuple(checks),
            description=comment or "",
            exclude=found.exclude,
            null_share=null_share,
        )

    def _named(self, oid: int, numbers: Any) -> tuple[str, ...]:
        return tuple(self.names[oid][number] for number in numbers)

    def _key(self, oid: int) -> tuple[tuple[str, ...], str]:
        for numbers, *_ in self.constraints[oid, "p"]:
            return self._named(oid, numbers), ""
        required = {column[1] for column in self.columns[oid] if column[4]}
        for unique in self._uniques(oid):
            if required.issuperset(unique):
                return unique, "no primary key; this unique key has no nulls"
        return (), "no primary key"

    def _uniques(self, oid: int) -> Iterator[tuple[str, ...]]:
        found = [tuple(numbers) for numbers, *_ in self.constraints[oid, "u"]]
        for numbers in dict.fromkeys([*found, *self.indexes[oid]]):
            yield self._named(oid, numbers)

    def _foreign_keys(self, oid: int) -> Iterator[FoundForeignKey]:
        for numbers, target, target_numbers, validated, _ in self.constraints[oid, "f"]:
            note = "" if validated else "not validated: older rows may violate it"
            yield self._foreign_key(oid, numbers, target, target_numbers, note)

    def _foreign_key(self, oid: int, numbers: Any, target: int, target_numbers: Any, note: str) -> FoundForeignKey:
        to = self.root.get(target, target)
        if to not in self.ids:
            return FoundForeignKey(self._named(oid, numbers), self.elsewhere[target], (), note)
        return FoundForeignKey(self._named(oid, numbers), self.ids[to], self._named(target, target_numbers), note)

    def _foreign_keys_of_partitions(self, oid: int) -> Iterator[FoundForeignKey]:
        """Foreign keys that most partitions have although their parent does not declare them."""
        leaves = [part for part in self.parts[oid] if self.kinds[part] != "p"]
        own = {key.columns for key in self._foreign_keys(oid)}
        held = Counter(key for part in leaves for key in {replace(key, note="") for key in self._foreign_keys(part)})
        for key, count in held.items():
            if key.columns not in own and count * 2 > len(leaves):
                missing = "" if count == len(leaves) else ", not by all"
                yield replace(key, note=f"enforced by {count} of {len(leaves)} partitions{missing}")
