"""Reads PostgreSQL as Arrow batches, through ADBC, which uses binary COPY.

Each column is selected in its PostgreSQL type; casts that could change a value are done here.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from ingest.addresses import read_address
from ingest.column_types import base_of, conform, to_source
from ingest.errors import IngestError, redact
from ingest.extremes import EARLIEST, LATEST, Extremes
from ingest.postgres_types import is_nested, spec_type
from ingest.reader import Survey, Window, survey_by_reading
from ingest.spec import Column, Source, Table
from ingest.spelling import Speller

# Batches of about this many bytes keep memory low and let the warehouse read several in parallel.
BATCH_BYTES = 4 * 1024 * 1024

CASTS = {"timestamptz": "timestamp with time zone", "binary": "bytea", "double": "double precision"}

# Domains, including domains over domains, are resolved to their base type.
CATALOG = """
with recursive types as (
    select oid, oid as base, null::integer as modifier from pg_catalog.pg_type where typtype <> 'd'
    union all
    select t.oid, b.base, coalesce(b.modifier, nullif(t.typtypmod, -1))
    from pg_catalog.pg_type as t
    join types as b on b.oid = t.typbasetype
    where t.typtype = 'd'
)

select n.nspname, c.relname, a.attname,
    format_type(t.oid, coalesce(types.modifier, a.atttypmod)),
    t.typtype::text, t.typcategory::text, a.attcollation::text
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
join types on types.oid = a.atttypid
join pg_catalog.pg_type as t on t.oid = types.base
where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname in ({schemas})
order by 1, 2, a.attnum
"""


class Reader:
    """A PostgreSQL database, read in one read-only snapshot."""

    def __init__(self, source: Source, url: str) -> None:
        import adbc_driver_postgresql.dbapi as postgres

        os.environ.setdefault("PGCONNECT_TIMEOUT", "15")
        address = read_address(url, source.variable)
        self.replaced: Counter[str] = Counter()
        self._speller = Speller(source, _name, _quote, '{}::text collate "C"', self._kind)
        self._collations: dict[tuple[str, ...], str] = {}
        self.identity = f"postgres {address.hostname}:{address.port or 5432}{address.path}"
        try:
            self._connection = postgres.connect(
                re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql://", url), autocommit=True
            )
            self._begin()
            self._catalog = self._read_catalog(source)
        except postgres.Error as error:
            raise IngestError(
                f"{source.name} cannot be reached: {redact(str(error).strip())}. "
                f"Check the address in {source.variable}."
            ) from error

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *exception: object) -> None:
        self._connection.close()

    def columns(self, table: Table) -> dict[str, str] | None:
        """The current columns of the table, with their types; None if there is no such table."""
        live = self._catalog.get((table.schema or "public", table.origin))
        return live and {name: spec_type(*type_) for name, type_ in live.items()}

    def survey(self, table: Table, cursor: Column, now: Any) -> Survey:
        """The row count of the table and its newest cursor."""
        live = self._catalog[table.schema or "public", table.origin].get(cursor.origin)
        if _is_text(cursor, live):
            return survey_by_reading(self, table, cursor, now)
        value = _expression(cursor, live)
        known = f" filter (where {_quote(cursor.origin)} <= {_literal(now)})" if now else ""
        with self._connection.cursor() as found:
            found.execute(f"select count(*), max({value}){known} from {_name(table)}")
            rows = found.fetch_arrow_table()
        newest = conform([rows.column(1)], [cursor], table.source_name).column(0)[0].as_py()
        return Survey(rows.column(0)[0].as_py(), newest)

    def restart(self) -> None:
        """Start a new transaction: PostgreSQL accepts no query in a failed one."""
        self._run("rollback")
        self._begin()

    def batches(
        self, table: Table, columns: Sequence[Column], window: Window | None
    ) -> Iterator[pa.RecordBatch]:
        """The rows of the table (or of the window), each column in the type of its spec."""
        live = self._catalog[table.schema or "public", table.origin]
        rows = f"{_name(table)}{_where(window, live)}"
        spelled = self._speller.spelled(
            table, columns, f"select * from {rows}", self._ask, self.replaced
        )
        chosen = ", ".join(
            _expression(column, live.get(column.origin), spelled.get(column.origin))
            for column in columns
        )
        extremes = Extremes([c for c in columns if _is_time(live.get(c.origin))])
        with self._connection.cursor() as cursor:
            cursor.adbc_statement.set_options(
                **{"adbc.postgresql.batch_size_hint_bytes": str(BATCH_BYTES)}
            )
            cursor.execute(f"select {chosen} from {rows}")
            for batch in cursor.fetch_record_batch():
                found = conform(batch.columns, columns, table.source_name, self.replaced, table.key)
                extremes.watch(found)
                yield found
            for column in extremes.seen:
                cursor.execute(extremes.query(column, _quote(column.origin), rows))
                self.replaced |= extremes.explain(table, column, *cursor.fetchone())

    def _kind(self, table: Table, column: Column) -> str | None:
        place = table.schema or "public", table.origin
        live = self._catalog.get(place, {}).get(column.origin)
        if live is None:
            return None
        # Columns with different collations cannot be compared.
        type_ = "text" if live[0].startswith(("text", "char")) else base_of(live[0])
        return f"{type_} {self._collations[(*place, column.origin)]}"

    def _ask(self, query: str) -> Any:
        with self._connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchone()[0]

    def _begin(self) -> None:
        self._run("begin isolation level repeatable read read only")
        self._run("set local timezone = 'UTC'")

    def _run(self, statement: str) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(statement)

    def _read_catalog(self, source: Source) -> dict[tuple[str, str], dict[str, tuple[str, ...]]]:
        schemas = ", ".join(
            _literal(name) for name in {t.schema or "public" for t in source.tables}
        )
        catalog: dict[tuple[str, str], dict[str, tuple[str, ...]]] = {}
        with self._connection.cursor() as cursor:
            cursor.execute(CATALOG.format(schemas=schemas))
            for schema, table, column, *type_, collation in cursor.fetchall():
                catalog.setdefault((schema, table), {})[column] = tuple(type_)
                self._collations[schema, table, column] = collation
        return catalog


def _is_time(live: tuple[str, ...] | None) -> bool:
    return live is not None and spec_type(*live) in EARLIEST


def _expression(column: Column, live: tuple[str, ...] | None, spelled: str | None = None) -> str:
    """The SQL that selects the column as Arrow data without changing a value."""
    if live is None:
        return "null::text"
    quoted, wanted = spelled or _quote(column.origin), base_of(column.type)
    now = base_of(spec_type(*live))
    type_, kind, category = live
    if wanted in ("text", "uuid", "json"):
        if is_nested(kind, category):
            return f"to_json({quoted})::text"
        is_text = type_.startswith(("text", "character varying"))
        return quoted if is_text else f"{quoted}::text"
    if now == "real":
        # Through the shortest decimal text, so that 0.15 stays 0.15.
        return f"{quoted}::text::double precision"
    if now in EARLIEST:
        first, last = f"'{EARLIEST[now]}'", f"'{LATEST[now]}'"
        inside = f"when {quoted} > {last} then {last} else {quoted} end"
        return f"case when {quoted} < {first} then {first} {inside}"
    return f"{quoted}::{'text' if now in ('uuid', 'json') else CASTS.get(now, now)}"


def _is_text(column: Column, live: tuple[str, ...] | None) -> bool:
    """Whether the column is text at the source, but not in the spec."""
    return live is not None and spec_type(*live) == "text" and base_of(column.type) != "text"


def _where(window: Window | None, live: Mapping[str, tuple[str, ...]]) -> str:
    if window is None:
        return ""
    column, type_ = _quote(window.column.origin), base_of(window.column.type)
    # Other columns are compared without a cast, so that an index can be used.
    if _is_text(window.column, live.get(window.column.origin)):
        column = f"{column}::{CASTS.get(type_, type_)}"
    start = _literal(to_source(window.start, window.column))
    if window.end is None:
        return f" where {column} >= {start} or {column} is null"
    end = _literal(to_source(window.end, window.column))
    return f" where {column} >= {start} and {column} < {end}"


def _name(table: Table) -> str:
    return f"{_quote(table.schema or 'public')}.{_quote(table.origin)}"


def _quote(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _literal(value: Any) -> str:
    return "'" + str(value).replace("'", "''") + "'"
