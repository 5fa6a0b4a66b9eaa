"""Reads the catalog of a MySQL or MariaDB database in one read-only snapshot."""

from __future__ import annotations

import contextlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import unquote, urlsplit

from platform_new.errors import Problem, Refused
from platform_new.introspect.address import Address
from platform_new.introspect.catalog import FoundCatalog, FoundColumn, FoundForeignKey, FoundTable, TableId
from platform_new.introspect.engines import mysql_rows
from platform_new.introspect.engines.mysql_types import canonical, listed_values
from platform_new.introspect.keys import with_inferred_keys
from platform_new.introspect.unreachable import unreachable
from platform_new.spec.models import Source

CONNECT_SECONDS = 10
# MySQL, unlike MariaDB, escapes the whole condition: `'` becomes `\'`, and `\'` becomes `\\\'`.
ESCAPED = re.compile(r"\\(['\"\\])")

TABLES = """
select table_schema, table_name, table_type, table_rows, table_comment
from information_schema.tables
where table_schema in %s and table_type in %s
order by table_schema, table_name
"""

COLUMNS = """
select table_schema, table_name, column_name, column_type, is_nullable, extra, column_comment
from information_schema.columns
where table_schema in %s
order by table_schema, table_name, ordinal_position
"""

KEYS = """
select table_schema, table_name, index_name, column_name
from information_schema.statistics
where table_schema in %s and non_unique = 0
order by table_schema, table_name, index_name, seq_in_index
"""

CASELESS = """
select table_schema, table_name, column_name, collation_name
from information_schema.columns
where table_schema in %s and collation_name like '%%\\_ci'
"""

FOREIGN_KEYS = """
select table_schema, table_name, constraint_name, column_name,
    referenced_table_schema, referenced_table_name, referenced_column_name
from information_schema.key_column_usage
where table_schema in %s and referenced_table_name is not null
order by table_schema, table_name, constraint_name, ordinal_position
"""

CHECKS_OF_MARIADB = """
select constraint_schema, table_name, check_clause
from information_schema.check_constraints
where constraint_schema in %s
"""

CHECKS_OF_MYSQL = """
select t.table_schema, t.table_name, c.check_clause
from information_schema.check_constraints c
join information_schema.table_constraints t
    on t.constraint_schema = c.constraint_schema and t.constraint_name = c.constraint_name
where t.table_schema in %s and t.constraint_type = 'CHECK' and t.enforced = 'YES'
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
    import pymysql

    database = unquote(urlsplit(address.url).path.strip("/"))
    if not database:
        raise Refused(
            Problem("the address has no database", "add its name at the end: …/database", value=address.shown)
        )
    with _connected(address, database) as connection:
        try:
            progress("Reading the catalog")
            _refuse_unknown(connection, schemas)
            tables = _tables(connection, schemas or (database,), views)
            measured = mysql_rows.measure(connection, tables, progress)
            progress("Looking for keys")
            keyed = with_inferred_keys(mysql_rows.MySql(connection), measured, known)
        except pymysql.Error as error:
            reason = f"the catalog cannot be read: {address.redacted(_message(error))}"
            raise Refused(Problem(reason, "try again, or use another user", value=address.shown)) from None
    return FoundCatalog("mysql", database, keyed, (schemas or (database,))[0])


@contextlib.contextmanager
def _connected(address: Address, database: str) -> Iterator[Any]:
    import pymysql

    parts = urlsplit(address.url)
    try:
        connection = pymysql.connect(
            host=unquote(parts.hostname or "127.0.0.1"),
            port=parts.port or 3306,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            database=database,
            charset="utf8mb4",
            connect_timeout=CONNECT_SECONDS,
            program_name="platform-new",
        )
    except (pymysql.Error, OSError, RuntimeError) as error:
        raise Refused(unreachable(address, _message(error))) from None
    try:
        with connection.cursor() as cursor:
            cursor.execute("set session transaction isolation level repeatable read")
            cursor.execute("set session time_zone = '+00:00', session sql_mode = '', session lock_wait_timeout = 5")
            cursor.execute("start transaction with consistent snapshot, read only")
        yield connection
    finally:
        connection.close()


def _message(error: Exception) -> str:
    return " ".join(str(error.args[-1] if error.args else error).split())


def _rows(connection: Any, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return list(cursor.fetchall())


def _refuse_unknown(connection: Any, schemas: tuple[str, ...]) -> None:
    known = {name for (name,) in _rows(connection, "select schema_name from information_schema.schemata")}
    unknown = [schema for schema in schemas if schema not in known]
    if unknown:
        hint = (
            f"this server has {', '.join(sorted(known - {'information_schema', 'performance_schema', 'mysql', 'sys'}))}"
        )
        reason = "there is no such database, or this user may not see it"
        raise Refused([Problem(reason, hint, value=schema) for schema in unknown])


def _tables(connection: Any, schemas: tuple[str, ...], views: bool) -> tuple[FoundTable, ...]:
    kinds = ("BASE TABLE", "SYSTEM VERSIONED", *(("VIEW",) if views else ()))
    tables = _rows(connection, TABLES, schemas, kinds)
    checks = _checks(connection, schemas)
    columns: dict[TableId, list[FoundColumn]] = defaultdict(list)
    for schema, table, *column in _rows(connection, COLUMNS, schemas):
        columns[TableId(schema, table)].append(_column(*column, checks[TableId(schema, table)]))
    keys: dict[TableId, dict[str, list[str | None]]] = defaultdict(lambda: defaultdict(list))
    for schema, table, index, column in _rows(connection, KEYS, schemas):
        keys[TableId(schema, table)][index].append(column)
    links: dict[TableId, dict[str, list[tuple[Any, ...]]]] = defaultdict(lambda: defaultdict(list))
    for schema, table, name, *link in _rows(connection, FOREIGN_KEYS, schemas):
        links[TableId(schema, table)][name].append(tuple(link))
    caseless = {(TableId(s, t), column): name for s, t, column, name in _rows(connection, CASELESS, schemas)}
    return tuple(_table(row, columns, keys, links, checks, caseless) for row in tables)


def _table(row: tuple[Any, ...], columns: Any, keys: Any, links: Any, checks: Any, caseless: Any) -> FoundTable:
    schema, name, kind, rows, comment = row
    id_ = TableId(schema, name)
    uniques = {index: tuple(names) for index, names in keys[id_].items() if None not in names}
    key = uniques.pop("PRIMARY", ())
    required = {column.name for column in columns[id_] if not column.nullable}
    instead = next((unique for unique in uniques.values() if required.issuperset(unique)), ())
    missing = "no primary key; this unique key has no nulls" if instead else "no primary key"
    if kind == "VIEW":
        missing = "a view has no key"
    # A boolean identifies nothing, so a key of type tinyint(1) is a small number.
    keys_of = {*key, *(part[0] for parts in links[id_].values() for part in parts)}
    return FoundTable(
        id=id_,
        columns=tuple(
            replace(column, type="smallint", source_type=None)
            if column.type == "boolean" and column.name in keys_of
            else column
            for column in columns[id_]
        ),
        key=key or instead,
        key_note="" if key else missing,
        uniques=tuple(uniques.values()),
        foreign_keys=tuple(_foreign_key(id_, parts, caseless) for parts in links[id_].values()),
        checks=tuple(checks[id_]),
        rows=int(rows) if rows is not None else None,
        description=comment if comment and kind != "VIEW" else "",
        note="a view" if kind == "VIEW" else "",
        is_view=kind == "VIEW",
    )


def _foreign_key(table: TableId, parts: list[tuple[str, str, str, str]], caseless: Any) -> FoundForeignKey:
    collation = next((caseless[table, part[0]] for part in parts if (table, part[0]) in caseless), "")
    return FoundForeignKey(
        columns=tuple(part[0] for part in parts),
        to=TableId(parts[0][1], parts[0][2]),
        to_columns=tuple(part[3] for part in parts),
        note=f"{collation} ignores case: loaded with the spelling of the referenced row" if collation else "",
    )


def _column(name: str, declared: str, nullable: str, extra: str, comment: str, checks: list[str]) -> FoundColumn:
    found = canonical(declared)
    # MariaDB stores JSON as text with a CHECK.
    is_json = any(check.strip("() ").lower() == f"json_valid(`{name.lower()}`".lower() for check in checks)
    return FoundColumn(
        name=name,
        type="json" if is_json else found.type,
        source_type=found.source_type,
        nullable=nullable == "YES",
        values=listed_values(declared) if declared.lower().startswith("enum(") else None,
        description=comment or "",
        exclude=found.exclude,
        note=found.note,
        changes_on_update="on update current_timestamp" in extra.lower(),
    )


def _checks(connection: Any, schemas: tuple[str, ...]) -> dict[TableId, list[str]]:
    import pymysql

    ((version,),) = _rows(connection, "select version()")
    checks: dict[TableId, list[str]] = defaultdict(list)
    # MySQL before 8.0.16 ignores CHECKs and has no catalog of them.
    with contextlib.suppress(pymysql.Error):
        is_mariadb = "mariadb" in version.lower()
        for schema, table, clause in _rows(connection, CHECKS_OF_MARIADB if is_mariadb else CHECKS_OF_MYSQL, schemas):
            checks[TableId(schema, table)].append(clause if is_mariadb else ESCAPED.sub(r"\1", clause))
    return checks
