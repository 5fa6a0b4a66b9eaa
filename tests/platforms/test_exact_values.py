"""The values of sources in the warehouse: unchanged, or replaced as documented, or refused by name.

Each engine has one table whose columns are the cases: a declared type, literals in the source's SQL, and the expected
values in the warehouse, as DuckDB writes them. A second set of tables gets values that the proposed types cannot hold.
"""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import duckdb
import psycopg
import pymysql
import pytest
import source_data
from key_cases import KEYS
from made import generate, platform_new, state_of
from ruamel.yaml import YAML

pytestmark = pytest.mark.proof

LAST, FIRST = "9999-12-31 23:59:59.999999", "0001-01-01 00:00:00"
D35 = "12345678901234567890123456789012345"


@dataclass(frozen=True)
class Case:
    """A column of the source: its type, its values in SQL, the expected proposed type, and the expected texts."""

    declared: str
    values: tuple[str, ...]
    type: str
    landed: tuple[str | None, ...] = ()
    name: str = ""

    @property
    def expected(self) -> tuple[str | None, ...]:
        """The expected texts: by default the values themselves, without quotes."""
        bare = (re.sub(r"^[Ebx]?'(.*)'$", r"\1", value).replace("''", "'") for value in self.values)
        own = (None if value == "null" else text for value, text in zip(self.values, bare, strict=True))
        return self.landed or tuple(own)


@dataclass(frozen=True)
class Refused:
    """A column that is loaded with `first`; `later` is refused, and `type` is the suggested type."""

    declared: str
    first: str
    later: str
    says: str
    type: str


POSTGRES = (
    Case(
        "numeric(40, 15)", ("1.5", "-0.000000000000001"), "numeric(38, 15)", ("1.500000000000000", "-0.000000000000001")
    ),
    Case("numeric", ("1e-30", "123456789.5"), "text", (f"0.{'0' * 29}1", "123456789.5")),
    Case("numeric", ("1.5", "'NaN'", "'-Infinity'"), "numeric", ("1.500000000", None, None)),
    Case("numeric(10, 2)", ("1.25", "'NaN'"), "numeric(10, 2)", ("1.25", None)),
    Case("numeric(38, 0)", ("9" * 38, "-" + "9" * 38), "numeric(38, 0)"),
    Case("numeric(5, -2)", ("-99949", "0"), "numeric(7, 0)", ("-99900", "0")),
    Case("numeric(3, 5)", ("0.00123",), "numeric(5, 5)", (".00123",)),
    Case("numeric(60, 30)", (f"{D35[:30]}.{D35[:30]}",), "text"),
    Case("money", ("'-92233720368547758.08'", "0.01"), "numeric(19, 2)"),
    Case("real", ("0.15", "'NaN'", "1e-38"), "real", ("0.15", "nan", "1e-38")),
    Case("double precision", ("'-Infinity'", "5e-324", "'Infinity'"), "double", ("-inf", "5e-324", "inf")),
    Case("oid", ("4294967295",), "bigint"),
    Case("char(5)", ("'ab'",), "text"),
    Case("date", ("'infinity'", "'0001-01-01 BC'", "'2024-02-29'"), "date", (LAST[:10], FIRST[:10], "2024-02-29")),
    Case(
        "timestamp",
        ("'-infinity'", "'4714-11-24 BC'", "'1999-12-31 23:59:59.6'"),
        "timestamp",
        (FIRST, FIRST, "1999-12-31 23:59:59.6"),
    ),
    Case(
        "timestamptz not null",
        ("'infinity'", "'294276-12-31'", "'2024-01-31 12:00+01'"),
        "timestamptz",
        (f"{LAST}+00", f"{LAST}+00", "2024-01-31 11:00:00+00"),
    ),
    Case("time", ("'24:00:00'", "'23:59:59.999999'"), "time"),
    Case("timetz", ("'24:00:00+14'",), "text"),
    Case("interval", ("'-1 year -2 mons +3 days -04:05:06.789'",), "text", ("-1 years -2 mons +3 days -04:05:06.789",)),
    Case("bytea", (r"'\x00ff'",), "binary", (r"\x00\xFF",)),
    Case("bit(3)", ("b'101'",), "text"),
    Case("uuid", ("'ffffffff-ffff-ffff-ffff-ffffffffffff'",), "uuid"),
    Case("json", ("'null'", '\'{"a":1,"a":2}\''), "json"),
    Case("tstzrange", ("'(-infinity,infinity)'",), "text"),
    Case("int[]", ("'{1,NULL,3}'",), "json", ("[1,null,3]",)),
    Case("inet", ("'::1'",), "text", ("::1/128",)),
    Case("positive", ("2147483647",), "integer"),
    Case("exact", ("1.10",), "numeric(5, 2)"),
    Case(
        "bigint",
        ("1700000000", "1700000001"),
        "timestamptz",
        ("2023-11-14 22:13:20+00", "2023-11-14 22:13:21+00"),
        "created_at",
    ),
    Case("bigint", ("1700000000123",), "timestamptz", ("2023-11-14 22:13:20.123+00",), "seen_ts"),
    Case("bigint", ("20240101",), "bigint", name="day_date"),
)
POSTGRES_REFUSES = (
    Refused("numeric", "1.5", "0.00000000001", "'0.00000000001'", "text"),
    Refused("numeric", "1.5", "1e35", "1" + "0" * 35, "text"),
    Refused("numeric not null", "1.5", "'NaN'", "NaN or infinity", "double"),
)

MARIADB = (
    Case("tinyint(1)", ("5", "3", "-1"), "smallint"),
    Case("tinyint(1)", ("0", "1", "null"), "boolean", ("false", "true", None)),
    Case("tinyint(1) unsigned", ("255",), "smallint"),
    Case("tinyint unsigned", ("255",), "smallint"),
    Case("mediumint unsigned", ("16777215",), "integer"),
    Case("int unsigned", ("4294967295",), "bigint"),
    Case("bigint unsigned", ("18446744073709551615",), "numeric(20, 0)"),
    Case("decimal(65, 30)", (f"{D35}.{D35[:30]}", "-0.000000000000000000000000000001"), "text"),
    Case("decimal(38, 10)", (f"{D35[:28]}.{D35[:10]}",), "numeric(38, 10)"),
    Case("bit(1)", ("b'1'", "b'0'"), "boolean", ("true", "false")),
    Case("bit(8)", ("b'10101010'",), "bigint", ("170",)),
    Case("bit(64)", (f"b'{'1' * 64}'",), "numeric(20, 0)", ("18446744073709551615",)),
    Case("float", ("123456.79", "1e38"), "real", ("123456.79", "1e+38")),
    Case("double", ("1.7e308", "0.1"), "double", ("1.7e+308", "0.1")),
    Case("year", ("2155", "0"), "smallint", ("2155", "0")),
    Case("date", ("'0000-00-00'", "'2024-00-10'", "'2024-02-29'"), "date", (None, None, "2024-02-29")),
    Case(
        "datetime(6) not null",
        ("'9999-12-31 23:59:59.999999'", "'0000-00-00'", "'2024-01-01'"),
        "timestamp",
        (LAST, None, "2024-01-01 00:00:00"),
    ),
    Case(
        "timestamp(6) null",
        ("'2038-01-19 03:14:07.999999'", "'0000-00-00'"),
        "timestamptz",
        ("2038-01-19 03:14:07.999999+00", None),
    ),
    Case("time(6)", ("'838:59:59.999999'", "'-00:00:01'"), "text", ("838:59:59.999999", "-00:00:01.000000")),
    Case("time", ("'23:59:59'",), "time"),
    Case("char(5)", ("'ab'",), "text"),
    Case("varchar(20) character set latin1", ("'café €'",), "text"),
    Case("varbinary(10)", ("x'00ff'",), "binary", (r"\x00\xFF",)),
    Case("enum('a', '', 'it''s')", ("'it''s'", "'bogus'"), "text", ("it's", "")),
    Case("set('x', 'z w')", ("'x,z w'",), "text"),
    Case("json", ("'{\"a\":1}'",), "json"),
    Case("uuid", ("'ffffffff-ffff-ffff-ffff-ffffffffffff'",), "uuid"),
    Case("inet6", ("'::1'",), "text"),
    Case("int unsigned", ("1700000000",), "timestamptz", ("2023-11-14 22:13:20+00",), "created_at"),
)
MARIADB_REFUSES = (
    Refused("tinyint(1)", "1", "5", "'5'", "smallint"),
    Refused("time", "'10:00:00'", "'24:00:00'", "'24:00:00'", "text"),
    Refused("datetime not null", "'2024-01-01'", "'0000-00-00'", "an invalid date", "text"),
)

SQLITE = (
    Case("integer", ("9223372036854775807", "-1"), "bigint"),
    Case("integer", ("1", "1.5"), "double", ("1.0", "1.5")),
    Case("integer", ("1", "'abc'"), "text"),
    Case("decimal(10, 2)", ("10.25", "0.1 + 0.2", "3"), "numeric(10, 2)", ("10.25", "0.30", "3.00")),
    Case("decimal(10, 2)", ("1.005",), "double"),
    Case(
        "decimal(5, 2)", ("123456.5", "9223372036854775807"), "numeric(38, 2)", ("123456.50", "9223372036854775807.00")
    ),
    Case("numeric", ("9223372036854775807",), "bigint"),
    Case("bool", ("1", "0", "null"), "boolean", ("true", "false", None)),
    Case("boolean", ("'t'", "'no'", "'TRUE'"), "boolean", ("true", "false", "true")),
    Case("boolean", ("1", "2"), "bigint"),
    Case("date", ("'2024-02-29'",), "date"),
    Case("date", ("'2024-02-30'",), "text"),
    Case("date", ("'2024-02-29'", "'2024-02-28 10:00'"), "timestamp", ("2024-02-29 00:00:00", "2024-02-28 10:00:00")),
    Case(
        "datetime",
        ("'2024-01-31T12:00:00Z'", "'2024-01-31 14:00:00.5+02:00'"),
        "timestamptz",
        ("2024-01-31 12:00:00+00", "2024-01-31 12:00:00.5+00"),
    ),
    Case(
        "datetime",
        ("'2024-01-31T12:00'", "'2024-01-31 14:00:00+02:00'"),
        "timestamp",
        ("2024-01-31 12:00:00", "2024-01-31 12:00:00"),
    ),
    Case("datetime", ("'31.01.2024'",), "text"),
    Case("datetime", ("1700000000",), "timestamptz", ("2023-11-14 22:13:20+00",), "created_at"),
    Case("integer", ("1700000000123",), "timestamptz", ("2023-11-14 22:13:20.123+00",), "seen_at"),
    Case("blob", ("x'00ff'",), "binary", (r"\x00\xFF",)),
    Case("text", ("'naïve ☕'", "''"), "text"),
    Case("real", ("0.1", "9e999", "-9e999"), "double", ("0.1", "inf", "-inf")),
)
SQLITE_REFUSES = (
    Refused("integer", "1", "'abc'", "'abc'", "text"),
    Refused("integer", "1", "1.5", "'1.5'", "numeric(38, 1)"),
    Refused("decimal(10, 2)", "1.25", "1.005", "'1.005'", "numeric(38, 3)"),
    Refused("decimal(5, 2)", "1.25", "99999", "'99999'", "numeric(38, 2)"),
    Refused("boolean", "1", "5", "'5'", "smallint"),
    Refused("date", "'2024-01-01'", "'2024-01-01 10:00'", "'2024-01-01 10:00'", "text"),
    Refused("datetime", "'2024-01-01 10:00'", "'yesterday'", "'yesterday'", "text"),
    Refused("text", "'a'", "cast(x'ff' as text)", "xff", "binary"),
)

DUCKDB = (
    Case("hugeint", ("9" * 38,), "numeric(38, 0)"),
    Case("hugeint", ("170141183460469231731687303715884105727",), "text"),
    Case("uhugeint", ("340282366920938463463374607431768211455",), "text"),
    Case("ubigint", ("18446744073709551615",), "numeric(20, 0)"),
    Case("utinyint", ("255",), "smallint"),
    Case("decimal(38, 37)", (f"1.{D35}12",), "numeric(38, 37)"),
    Case("float", ("0.15",), "real"),
    Case("double", ("'inf'", "'nan'", "0.1"), "double"),
    Case("date", ("'infinity'", "'0001-01-01 (BC)'"), "date", (LAST[:10], FIRST[:10])),
    Case("timestamp", ("'-infinity'", "'20000-01-01'"), "timestamp", (FIRST, LAST)),
    Case(
        "timestamptz",
        ("'infinity'", "'2024-01-31 12:00:00+01'"),
        "timestamptz",
        (f"{LAST}+00", "2024-01-31 11:00:00+00"),
    ),
    Case("timestamp_ns", ("'2024-01-01 00:00:00.123456'",), "timestamp"),
    Case("time", ("'24:00:00'",), "time"),
    Case("interval", ("'1 year 2 days'",), "text"),
    Case("uuid", ("'ffffffff-ffff-ffff-ffff-ffffffffffff'",), "uuid"),
    Case("bit", ("'101'",), "text"),
    Case("integer[]", ("'[1, null]'",), "json", ("[1,null]",)),
    Case("bigint", ("1700000000",), "timestamptz", ("2023-11-14 22:13:20+00",), "created_at"),
)
DUCKDB_REFUSES = (
    Refused(
        "hugeint", "1", "170141183460469231731687303715884105727", "170141183460469231731687303715884105727", "text"
    ),
)


def statements(cases: Sequence[Case], refused: Sequence[Refused]) -> list[str]:
    """The tables: `held` with a column per case, `kept` without a key and with identical rows, and one per refusal."""
    names = [case.name or f"c{number}" for number, case in enumerate(cases)]
    columns = ", ".join(f"{name} {case.declared}" for name, case in zip(names, cases, strict=True))
    made = [f"create table held (id int primary key, {columns})"]
    for number, row in enumerate(zip_longest(*(case.values for case in cases))):
        given = {name: value for name, value in zip(names, row, strict=True) if value is not None}
        # A required column has a value in every row.
        given |= {
            n: c.values[-1] for n, c in zip(names, cases, strict=True) if "not null" in c.declared and n not in given
        }
        made.append(f"insert into held (id, {', '.join(given)}) values ({number}, {', '.join(given.values())})")
    made += [
        "create table kept (a int, b varchar(5))",
        "insert into kept values (1, 'x'), (1, 'x'), (1, null), (1, '')",
    ]
    for number, refusal in enumerate(refused):
        made += [f"create table r{number} (id int primary key, v {refusal.declared})", later(number, 1, refusal.first)]
    return made


def later(number: int, key: int, value: str) -> str:
    """Adds a value to the table of a refusal."""
    return f"insert into r{number} values ({key}, {value})"


def in_postgres(url: str, _: Path) -> tuple[str, Callable[[Sequence[str]], None]]:
    address = source_data.create(url, source_data.fresh_name("exact"))

    def run(made: Sequence[str]) -> None:
        with psycopg.connect(address) as connection:
            for statement in made:
                connection.execute(statement)

    run(["create domain positive as int check (value > 0)", "create domain exact as numeric(5, 2)"])
    run(["create extension citext"])
    return address, run


def in_mariadb(url: str, _: Path) -> tuple[str, Callable[[Sequence[str]], None]]:
    host, _, port = url.rpartition("@")[2].partition(":")
    name = source_data.fresh_name("exact")

    def run(made: Sequence[str]) -> None:
        address = {"host": host, "port": int(port), "user": "me", "password": "pw", "charset": "utf8mb4"}
        with pymysql.connect(**address, autocommit=True) as connection, connection.cursor() as cursor:
            cursor.execute("set sql_mode = ''")
            cursor.execute(f"create database if not exists {name} character set utf8mb4")
            connection.select_db(name)
            for statement in made:
                cursor.execute(statement)

    return f"{url}/{name}", run


def in_sqlite(_: str, folder: Path) -> tuple[str, Callable[[Sequence[str]], None]]:
    def run(made: Sequence[str]) -> None:
        with sqlite3.connect(folder / "exact.sqlite") as connection:
            for statement in made:
                connection.execute(statement)

    return f"sqlite:///{folder}/exact.sqlite", run


def in_duckdb(_: str, folder: Path) -> tuple[str, Callable[[Sequence[str]], None]]:
    def run(made: Sequence[str]) -> None:
        with duckdb.connect(str(folder / "exact.duckdb")) as connection:
            connection.execute("set timezone = 'UTC'")
            for statement in made:
                connection.execute(statement)

    return f"duckdb:///{folder}/exact.duckdb", run


SERVERS = ("postgres", "mariadb")
ENGINES = {
    "postgres": (in_postgres, POSTGRES, POSTGRES_REFUSES),
    "mariadb": (in_mariadb, MARIADB, MARIADB_REFUSES),
    "sqlite": (in_sqlite, SQLITE, SQLITE_REFUSES),
    "duckdb": (in_duckdb, DUCKDB, DUCKDB_REFUSES),
}
LOAD_EACH = """
import contextlib, io, json, sys
from ingest.__main__ import main
said = []
for table in sys.argv[1:]:
    with contextlib.redirect_stderr(io.StringIO()) as error, contextlib.redirect_stdout(io.StringIO()):
        status = main(["lab", "--table", table])
    said.append([status, error.getvalue()])
print(json.dumps(said))
"""


@pytest.mark.parametrize(
    "engine",
    [pytest.param(engine, marks=[pytest.mark.exhaustive] * (engine != "postgres")) for engine in ENGINES],
)
def test_values_land_as_they_are_or_are_refused_by_name(engine, request, make, environment, tmp_path):
    """The run is green, every value is as expected, and a later value that does not fit is named with a fix."""
    prepare, cases, refused = ENGINES[engine]
    server = request.getfixturevalue(f"{engine}_url") if engine in SERVERS else ""
    url, run = prepare(server, tmp_path)
    run([*statements(cases, refused), *KEYS[engine].statements])
    repository = generate(tmp_path / "acme", "--from", url, "--source-name", "lab", "--orchestrator", "none")
    tables = {t["name"]: t for t in YAML(typ="safe").load((repository / "sources/lab.yml").read_text())["tables"]}
    proposed = [column["type"] for column in tables["held"]["columns"][1:]]
    assert dict(enumerate(proposed)) == {number: case.type for number, case in enumerate(cases)}

    state = state_of(make(repository, "run", env={"LAB_URL": url}), repository, tmp_path / "first")
    assert state.green
    assert "changed at the source" not in state.done.stdout
    columns = ", ".join(f'"{column["name"]}"::varchar' for column in tables["held"]["columns"][1:])
    landed = list(zip(*state.query(f"select {columns} from raw_lab.held order by id"), strict=True))
    for case, found in zip(cases, landed, strict=True):
        required = "not null" in case.declared
        assert (case.declared, found[: len(case.values)]) == (case.declared, case.expected)
        assert required or set(found[len(case.values) :]) <= {None}
    assert sorted(state.query("select a, coalesce(b, 'NULL') from raw_lab.kept")) == [
        (1, ""),
        (1, "NULL"),
        (1, "x"),
        (1, "x"),
    ]
    assert state.query("select count(*) from marts.dim_kept") == [(5,)]

    for query, rows in KEYS[engine].landed.items():
        assert state.query(query) == rows, query
    for column, count in KEYS[engine].replaced.items():
        assert re.search(rf"{column}: spelled differently .* \({count} values\)", state.done.stdout), column

    run([later(number, 2, refusal.later) for number, refusal in enumerate(refused)])
    names = [f"r{number}" for number in range(len(refused))]
    done = subprocess.run(
        [environment / "bin/python", "-c", LOAD_EACH, *names],
        cwd=repository,
        env={"LAB_URL": url, "PATH": "", "PYTHONPATH": str(repository)},
        capture_output=True,
        text=True,
        check=True,
    )
    said = json.loads(done.stdout.splitlines()[-1])
    for name, refusal, (status, error) in zip(names, refused, said, strict=True):
        assert status == 1, (refusal, error)
        assert f"{name}.v" in error and refusal.says in error and f"`type: {refusal.type}`" in error, (refusal, error)

    if engine != "postgres":
        return
    # Apply the first suggested fix.
    spec = repository / "sources" / "lab.yml"
    text = spec.read_text()
    head, _, tail = text.partition("- name: r0\n")
    tail = re.sub(r"(name: v, type: )[^,}]*", rf"\g<1>{refused[0].type}", tail, count=1)
    spec.write_text(f"{head}- name: r0\n{tail}")
    commit = ["git", "-c", "user.name=a", "-c", "user.email=a@b.example", "commit", "-qam", "type"]
    subprocess.run(commit, cwd=repository, check=True)
    platform_new("update", str(repository), "--commit")
    run([f"delete from r{number} where id = 2" for number in range(1, len(refused))])
    state = state_of(make(repository, "run", env={"LAB_URL": url}), repository, tmp_path / "repaired")
    assert state.green
    assert state.query("select count(*) from raw_lab.r0") == [(2,)]
