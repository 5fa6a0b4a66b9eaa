"""Rows for any PostgreSQL schema: ordinary rows, every awkward value of each type, and NULL wherever it is allowed.

The n-th row of every table has the n-th values of its keys, and the columns of a foreign key share their values.
So the n-th row references n-th rows, whatever the cycles. In columns that only reference, pairs of rows share a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

import psycopg
from psycopg import sql

ORDINARY, ROWS = 4, 14
"""The first rows are ordinary, the last row has NULL wherever it is allowed, and the rows in between are awkward."""

TIMES = ("infinity", "-infinity", "0001-01-01 BC", "4713-01-01 BC", "9999-12-31", "10000-01-01", "0001-01-01")
FLOATS = ("NaN", "Infinity", "-Infinity", "-0.0", "0.1")
TEXTS = ("", " ", "NULL", "it's", "é ☕", 'a\t"b"\n', "\\N", "{{ x }}", "007")
AWKWARD: Mapping[str, Sequence[str]] = {
    "date": (*TIMES, "5874897-12-31", "1970-01-01", "2024-02-29"),
    "timestamp without time zone": (*TIMES, "294276-12-31", "9999-12-31 23:59:59.999999"),
    "timestamp with time zone": (*TIMES, "9999-12-31 23:59:59.999999+00", "2024-03-31 02:30:00.000001+02"),
    "time without time zone": ("24:00:00", "00:00:00", "23:59:59.999999"),
    "real": (*FLOATS, "1e-38", "3.4e38"),
    "double precision": (*FLOATS, "5e-324", "1.7976931348623157e308"),
    "smallint": ("-32768", "32767", "0"),
    "integer": ("-2147483648", "2147483647", "0"),
    "bigint": ("-9223372036854775808", "9223372036854775807", "0"),
    "boolean": ("true", "false"),
    "uuid": ("00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"),
    "json": ("null", "{}", '{"a":1,"a":2}', '"é"', "[]"),
    "jsonb": ("null", "{}", '{"a": 1}', '"é"', "[]"),
    "bytea": ("", "\\x00ff"),
    "inet": ("::1", "0.0.0.0/0", "10.0.0.0/8"),
}
LITERAL = re.compile(r"'((?:[^']|'')*)'|(-?\d+(?:\.\d+)?)")

COLUMNS = """
with recursive types (oid, base, modifier, required) as (
    select oid, oid, null::integer, false from pg_type where typtype <> 'd'
    union all
    select t.oid, b.base, coalesce(b.modifier, nullif(t.typtypmod, -1)), b.required or t.typnotnull
    from pg_type t join types b on b.oid = t.typbasetype where t.typtype = 'd'
)
select c.oid, n.nspname, c.relname, a.attnum, a.attname,
    format_type(types.base, coalesce(types.modifier, nullif(a.atttypmod, -1))), a.attnotnull or types.required,
    array(select enumlabel::text from pg_enum where enumtypid = types.base order by enumsortorder),
    format_type(a.atttypid, null)
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
join types on types.oid = a.atttypid
where c.relkind in ('r', 'p') and not c.relispartition
    and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by n.nspname, c.relname, a.attnum
"""
CONSTRAINTS = """
select conrelid, contype::text, conname, conkey, confrelid, confkey, pg_get_constraintdef(oid),
    case when contypid <> 0 then format_type(contypid, null) end
from pg_constraint where contype in ('p', 'u', 'f', 'c')
union all
select indrelid, 'u', '', indkey::int2[], 0, null, '', null
from pg_index where indisunique and indpred is null and indexprs is null
"""

Place = tuple[int, int]
"""A column: the numbers of its table and itself in the catalog."""


@dataclass(eq=False)
class Column:
    """A column, with everything that determines its values."""

    name: str
    type: str
    required: bool
    labels: Sequence[str]
    domain: str
    is_key: bool = False
    only_points: bool = False
    values: list[str | None] = field(default_factory=list)


@dataclass(frozen=True)
class Check:
    """A condition on columns of a table, or on a domain."""

    columns: Sequence[int]
    domain: str | None
    literals: Sequence[str]


class Schema:
    """The tables of a database, read from its catalog. `fill` fills all of them."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection
        self.tables: dict[int, tuple[str, str]] = {}
        self.columns: dict[Place, Column] = {}
        self.checks: dict[tuple[int, str], Check] = {}
        for oid, schema, table, number, name, *rest in connection.execute(COLUMNS).fetchall():
            self.tables[oid] = (schema, table)
            self.columns[oid, number] = Column(name, *rest)
        self._read_constraints()
        for column in self.columns.values():
            column.values = column.values or _values(column, _size(column.type))

    def fill(self) -> None:
        """Replace the rows of all tables."""
        names = sql.SQL(", ").join(sql.Identifier(*name) for name in self.tables.values())
        self.connection.execute(sql.SQL("truncate {}").format(names))
        # A row can be inserted before the row that it references.
        self.connection.execute("set session_replication_role = replica")
        for oid in self.tables:
            for number in range(ROWS):
                own = {place[1]: column for place, column in self.columns.items() if place[0] == oid}
                self._insert(oid, {n: self._value(column, number) for n, column in own.items()})
        self.connection.execute("set session_replication_role = default")
        self.connection.execute("analyze")

    def _value(self, column: Column, number: int) -> str | None:
        if number == ROWS - 1 and not column.required and (column.only_points or not column.is_key):
            return None
        return column.values[number // 2 if column.only_points else number]

    def _insert(self, oid: int, row: dict[int, str | None], replaced: frozenset[str] = frozenset()) -> bool:
        """Whether the row was inserted; values that a check refuses are replaced with literals from the check."""
        names = sql.SQL(", ").join(sql.Identifier(self.columns[oid, number].name) for number in row)
        marks = sql.SQL(", ").join(sql.Placeholder() * len(row))
        statement = sql.SQL("insert into {} ({}) overriding system value values ({}) on conflict do nothing")
        try:
            with self.connection.transaction():
                table = sql.Identifier(*self.tables[oid])
                self.connection.execute(statement.format(table, names, marks), list(row.values()))
            return True
        except psycopg.errors.CheckViolation as error:
            name = error.diag.constraint_name or ""
            if name in replaced:
                return False
            check = self.checks.get((oid, name)) or self.checks[0, name]
            chosen = [n for n in row if n in check.columns or check.domain == self.columns[oid, n].domain]
            for values in product(check.literals, repeat=len(chosen)):
                given = dict(zip(chosen, values, strict=True))
                if self._insert(oid, row | given, replaced | {name}):
                    return True
            if replaced:
                return False
            raise

    def _read_constraints(self) -> None:
        same: dict[Place, Place] = {}

        def root(place: Place) -> Place:
            while place in same:
                place = same[place]
            return place

        found = [row for row in self.connection.execute(CONSTRAINTS).fetchall() if row[0] in self.tables or not row[0]]
        unique = {(oid, tuple(key)) for oid, kind, _, key, *_ in found if kind in "pu"}
        in_unique = {(oid, number) for oid, key in unique for number in key}
        pointing = [(row[0], tuple(row[3])) for row in found if row[1] == "f"]
        for oid, kind, name, key, target, target_key, text, domain in found:
            if kind == "f":
                for number, other in zip(key, target_key, strict=True):
                    mine, theirs = (oid, number), (target, other)
                    one_of = [k for o, k in pointing if o == oid and number in k] == [(number,)]
                    self.columns[theirs].is_key = True
                    self.columns[mine].only_points = mine not in in_unique and one_of
                    if root(mine) != root(theirs):
                        same[root(mine)] = root(theirs)
            elif kind == "c":
                literals = [m[1].replace("''", "'") if m[1] is not None else m[2] for m in LITERAL.finditer(text)]
                around = [str(int(n) + step) for n in literals if n.isdigit() for step in (1, -1)]
                self.checks[oid, name] = Check(key or (), domain, list(dict.fromkeys([*literals, *around])))
        targets = {(row[4], number) for row in found if row[1] == "f" for number in row[5]}
        for place in targets:
            self.columns[place].only_points = False
        for oid, key in sorted(unique):
            own = [self.columns[oid, number] for number in key]
            if not any(column.is_key for column in own):
                max(own, key=lambda column: len(set(_distinct(column.type, column.labels, 40)))).is_key = True
        classes: dict[Place, list[Column]] = {}
        for place in [*same, *(root(place) for place in same)]:
            if self.columns[place] not in classes.setdefault(root(place), []):
                classes[root(place)].append(self.columns[place])
        for members in classes.values():
            narrowest = min(members, key=lambda column: _size(column.type))
            values = _values(Column(**{**vars(narrowest), "is_key": True}), _size(narrowest.type))
            for column in members:
                column.is_key, column.values = True, values


def _values(column: Column, size: int) -> list[str | None]:
    """The values of the column in each row. Values of a key are distinct, unless its type has too few."""
    ordinary = list(_distinct(column.type, column.labels, size))
    awkward = [value for value in _awkward(column) if len(value) <= size]
    if _base(column.type)[0] == "character":
        # The type pads with blanks, so that some values would be equal.
        awkward = list(dict.fromkeys(value.rstrip() for value in awkward))
    if not column.is_key:
        awkward = [awkward[n % len(awkward)] for n in range(ROWS - ORDINARY)] if awkward else []
        values: list[str | None] = [*ordinary[:ORDINARY], *awkward]
    else:
        # One value per end of time, since several are loaded as the same day; no value that is loaded as NULL.
        times = {"infinity", "-infinity"}
        chosen = [v for v in awkward if v in times] if times & set(awkward) else [v for v in awkward if v != "NaN"]
        values = list(dict.fromkeys([*ordinary[:ORDINARY], *chosen[: ROWS - ORDINARY - 1]]))
    # The only value of an unknown type is NULL.
    rest: list[str | None] = [value for value in ordinary if value not in values] or list(ordinary) or [None]
    values += [rest[n % len(rest)] for n in range(ROWS - len(values))]
    return values[:ROWS]


def _awkward(column: Column) -> list[str]:
    if column.labels:
        return list(column.labels)
    base, digits = _base(column.type)
    if base.endswith("[]"):
        return ["{}", "{NULL}"]
    if base == "numeric":
        if not digits:
            return ["NaN", "0", "1e-9"] if column.is_key else ["NaN", "Infinity", "-Infinity", "0", "1e-9"]
        precision, scale = (*digits, 0)[:2]
        largest = "9" * max(precision - scale, 0) + ("." + "9" * scale if scale else "")
        return ["NaN", largest, f"-{largest}", "0"]
    return list(AWKWARD.get(base, TEXTS if _is_text(base) else ()))


def _distinct(type_: str, labels: Sequence[str], size: int) -> Iterator[str]:
    """Ordinary values of the type, all distinct."""
    base, digits = _base(type_)
    for number in range(1, 3 * ROWS):
        if labels:
            yield labels[number % len(labels)]
        elif base in ("smallint", "integer", "bigint", "oid"):
            yield str(number)
        elif base == "numeric":
            precision, scale = (*(digits or (10, 0)), 0)[:2]
            yield str(number if 10 ** (precision - scale) > 3 * ROWS else f"{number}e-{scale}")
        elif base in ("real", "double precision"):
            yield f"{number}.5"
        elif base == "boolean":
            yield "true" if number % 2 else "false"
        elif base == "date" or base.startswith("timestamp"):
            yield f"2024-{number // 28 + 1:02}-{number % 28 + 1:02}"
        elif base.startswith("time"):
            yield f"{number % 24:02}:{number:02}:00"
        elif base == "uuid":
            yield f"00000000-0000-4000-8000-{number:012}"
        elif base in ("json", "jsonb"):
            yield f'{{"n": {number}}}'
        elif base == "bytea":
            yield f"\\x{number:04}"
        elif base in ("inet", "cidr"):
            yield f"192.0.2.{number}"
        elif base.endswith("[]"):
            yield f"{{{number}}}"
        elif _is_text(base):
            yield chr(64 + number) if size < 2 else f"{number}" if size < 8 else f"value {number}"


def _base(type_: str) -> tuple[str, list[int]]:
    return re.sub(r"\(.*?\)", "", type_), [int(n) for n in re.findall(r"\d+", "".join(re.findall(r"\(.*?\)", type_)))]


def _is_text(base: str) -> bool:
    return base in ("text", "character varying", "character", "citext", "name")


def _size(type_: str) -> int:
    """The maximum length of a value."""
    base, digits = _base(type_)
    if base in ("smallint", "integer", "bigint"):
        return max(map(len, AWKWARD[base]))
    return digits[0] if digits and _is_text(base) else 10_000


def source_rows(
    connection: psycopg.Connection, table: tuple[str, str], columns: Sequence[tuple[str, bool]]
) -> list[tuple[str | None, ...]]:
    """The rows of a table as PostgreSQL's texts in UTC; for each column, whether it is written as JSON."""
    connection.execute("set timezone = 'UTC'")
    chosen = [
        sql.SQL("to_json({0})::text" if as_json else "{0}::text").format(sql.Identifier(name))
        for name, as_json in columns
    ]
    statement = sql.SQL("select {} from {}").format(sql.SQL(", ").join(chosen), sql.Identifier(*table))
    return connection.execute(statement).fetchall()
