"""The generated rows for the tests of public schemas are valid in any schema."""

from __future__ import annotations

import psycopg
import source_data
from awkward_rows import ROWS, Schema

TABLES = """
create type mood as enum ('sad', 'it''s fine', '');
create domain percent as numeric(5, 2) check (value between 0 and 100);
create domain name as varchar(20) not null;
create table countries (code char(2) primary key, name name, mood mood not null);
create table people (
    id bigint generated always as identity primary key, code char(2) references countries,
    born date unique, share percent, stars int check (stars in (1, 2, 3)), state text check (state in ('on', 'off')),
    low int, high int, boss bigint references people, doubled bigint generated always as (id / 2) stored, place point,
    check (high >= 10 or low = 5), unique (code, stars)
);
create table teams (person bigint, number smallint, lead bigint not null, primary key (person, number));
create table games (id uuid primary key, person bigint not null, number smallint not null, played timestamptz not null,
    foreign key (person, number) references teams);
alter table teams add foreign key (person) references people, add foreign key (lead) references people;
alter table people add column best uuid references games;
"""
ORPHANS = """
select count(*) from people p where p.boss is not null and not exists (select from people b where b.id = p.boss)
union all select count(*) from people p where best is not null and not exists (select from games g where g.id = best)
union all select count(*) from people p where code is not null and code not in (select code from countries)
union all select count(*) from games g where not exists
    (select from teams t where t.person = g.person and t.number = g.number)
union all select count(*) from teams t where not exists (select from people p where p.id = t.lead)
"""


def test_rows_keep_every_key_check_and_reference_and_hold_the_awkward_values(postgres_url):
    """Enums, domains, checks on one or several columns, identity and generated columns, cycles of foreign keys."""
    url = source_data.create(postgres_url, source_data.fresh_name("rows"))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(TABLES)
        Schema(connection).fill()
        for table in ("people", "teams", "games"):
            assert connection.execute(f"select count(*) from {table}").fetchone() == (ROWS,)
        assert {row for (row,) in connection.execute(ORPHANS).fetchall()} == {0}
        held = "select count(*) filter (where mood = ''), count(distinct mood), bool_or(code = '') from countries"
        assert connection.execute(held).fetchone()[1] == 3
        ends = "select bool_or(born = 'infinity'), bool_or(born = '-infinity'), bool_or(share is null) from people"
        assert connection.execute(ends).fetchone() == (True, True, True)
        assert connection.execute("select bool_or(played = '0001-01-01 BC') from games").fetchone() == (True,)
