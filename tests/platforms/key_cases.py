"""Keys whose values become equal in the loaded type, and foreign keys that are spelled differently than these keys.

They are added to the database of `test_exact_values`, so that they need no separate run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Keys:
    """Statements that create and fill tables, and the expected results of queries on the warehouse."""

    statements: tuple[str, ...]
    landed: Mapping[str, list[tuple]]
    replaced: Mapping[str, int] = field(default_factory=dict)


def _far(type_: str, *days: str) -> tuple[str, ...]:
    """A table with these days as its key, a table that references each, and a table whose key is the foreign key."""
    rows = list(enumerate(days))
    return (
        f"create table days (d {type_} primary key, v int)",
        f"create table visits (id int primary key, d {type_}, foreign key (d) references days (d))",
        f"create table notes (d {type_} primary key, foreign key (d) references days (d))",
        *(f"insert into days values ({day}, {number})" for number, day in rows),
        *(f"insert into visits values ({number}, {day})" for number, day in rows),
        *(f"insert into notes values ({day})" for _, day in rows),
    )


def _spelled(type_: str) -> tuple[str, ...]:
    """A foreign key to a key that itself references another key."""
    return (
        f"create table people (k {type_} primary key, name varchar(9))",
        f"create table members (k {type_} primary key, foreign key (k) references people (k))",
        f"create table posts (id int primary key, k {type_}, foreign key (k) references members (k))",
        "insert into people values ('Ada', 'x'), ('Bo', 'y')",
        "insert into members values ('ADA'), ('Bo')",
        "insert into posts values (1, 'aDa'), (2, 'Bo'), (3, null)",
    )


DAYS = (
    "select v.id, v.d, d.v from raw_lab.visits v join raw_lab.days d using (d) join raw_lab.notes using (d) order by 1"
)
POSTS = {
    "select id, k from raw_lab.posts order by id": [(1, "Ada"), (2, "Bo"), (3, None)],
    "select k from raw_lab.members order by k": [("Ada",), ("Bo",)],
    "select count(*) from raw_lab.posts join raw_lab.members using (k) join raw_lab.people using (k)": [(2,)],
}
KEYS = {
    "postgres": Keys(
        (
            *_far("date", "'infinity'", "'20000-01-01'", "'2024-01-01'"),
            *_spelled("citext"),
            "create table rates (n numeric(5, 2) primary key)",
            "insert into rates values ('NaN'), (1.5)",
            "create table one_end (d date primary key)",
            "insert into one_end values ('infinity'), ('2024-01-01')",
        ),
        {
            DAYS: [(0, "infinity", 0), (1, "20000-01-01", 1), (2, "2024-01-01", 2)],
            "select n from raw_lab.rates order by n": [("1.50",), ("NaN",)],
            "select d::varchar from raw_lab.one_end order by d": [("2024-01-01",), ("9999-12-31",)],
            **POSTS,
        },
        {"public.members.k": 1, "public.posts.k": 1},
    ),
    "mariadb": Keys(
        (*_far("date", "'0000-00-00'", "'2024-01-01'"), *_spelled("varchar(9) collate utf8mb4_general_ci")),
        {DAYS: [(0, "0000-00-00", 0), (1, "2024-01-01", 1)], **POSTS},
        {"members.k": 1, "posts.k": 1},
    ),
    "sqlite": Keys(_spelled("text collate nocase"), POSTS, {"members.k": 1, "posts.k": 1}),
    "duckdb": Keys(
        _far("date", "'infinity'", "'20000-01-01'", "'2024-01-01'"),
        {DAYS: [(0, "infinity", 0), (1, "20000-01-01", 1), (2, "2024-01-01", 2)]},
    ),
}
