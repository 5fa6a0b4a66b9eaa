"""Introspects hostile schemas in MariaDB, and in MySQL by its dialect."""

from __future__ import annotations

from looking import check_work, look

HOSTILE = """
set sql_mode = '';
create table kinds (
    id int unsigned auto_increment primary key, ti tinyint unsigned, si smallint unsigned, mi mediumint unsigned,
    bi bigint unsigned, f float, d double, dc decimal(10, 2), wide decimal(60, 10),
    b1 bit(1), b8 bit(8), y year, flag bool,
    three tinyint(1), dt datetime not null,
    ts timestamp not null default current_timestamp on update current_timestamp,
    born date not null, clock time, span time, state enum('a', 'it''s', '') not null, tags set('x', 'y'), js json,
    bin binary(16), bl blob, place point, word varchar(20) comment 'a "word", {{ x }}',
    qty int check (qty between 1 and 10), kind varchar(5) check (kind in ('k', 'l'))
) comment 'it''s odd';
insert into kinds (three, dt, born, clock, span, state, b8) values
    (2, '2020-01-01', '2020-01-01', '10:00:00', '100:00:00', 'a', b'101'),
    (1, '2020-01-01', '0000-00-00', '11:00:00', '-01:00:00', 'a', b'1');
create table `Wild Name ``x``` (`Sélect` int primary key, `ключ` int, `☂` int);
create table flags (id tinyint(1) primary key);
create table uses (flag_id tinyint(1) references flags (id), unique key (flag_id));
create table line (a int not null, b int not null, t int, primary key (a, b),
    foreign key (t) references `Wild Name ``x``` (`Sélect`));
create table pointed (a int, b int, foreign key (a, b) references line (a, b));
create view v as select * from line;
"""


def test_types_and_values_that_contradict_them(make_mariadb):
    source, sighting = look(make_mariadb("wild", HOSTILE))
    columns = {column.name: column for column in source.table("kinds").columns}
    types = {name: column.type for name, column in columns.items()}
    assert (
        types["id"] == "bigint" and types["ti"] == "smallint" and types["si"] == "integer" and types["mi"] == "integer"
    )
    assert types["bi"] == "numeric(20, 0)" and types["f"] == "real" and types["d"] == "double"
    assert types["dc"] == "numeric(10, 2)" and (types["wide"], columns["wide"].source_type) == (
        "text",
        "decimal(60,10)",
    )
    assert types["b1"] == "boolean" and (types["b8"], columns["b8"].source_type) == ("bigint", "bit(8)")
    assert types["y"] == "smallint" and types["flag"] == "boolean" and types["js"] == "json"
    assert types["three"] == "smallint" and types["dt"] == "timestamp" and types["ts"] == "timestamptz"
    assert types["clock"] == "time" and types["span"] == "text"
    assert columns["state"].values == ("a", "it's", "") and columns["tags"].source_type == "set('x','y')"
    assert types["bin"] == types["bl"] == "binary"
    assert "spatial" in columns["place"].exclude
    assert columns["word"].description == 'a "word", {{ x }}'
    assert (columns["qty"].min, columns["qty"].max) == (1, 10) and columns["kind"].values == ("k", "l")
    assert source.table("kinds").description == "it's odd"
    reason = sighting.reasons["tables", "kinds", "columns", "born", "type"]
    assert reason == "1 zero dates, which are loaded as NULL" and not columns["born"].required
    assert source.table("kinds").load.cursor == "ts"


def test_names_keys_and_references(make_mariadb):
    source, _ = look(make_mariadb("wild", HOSTILE))
    wild = source.table("wild_name_x")
    assert wild.origin == "Wild Name `x`"
    assert [column.name for column in wild.columns][:2] == ["select", "klyuch"]
    assert source.table("line").column("t").references == "wild_name_x.select"
    assert source.table("pointed").references[0].to == "line"
    assert source.table("flags").column("id").type == "smallint"
    assert "v" not in {table.name for table in source.tables}
    assert "v" in {table.name for table in look(make_mariadb("wild", HOSTILE), views=True)[0].tables}


def test_the_cost_of_introspection_is_linear_in_the_tables(make_mariadb):
    def address_of(count: int) -> str:
        statements = [
            f"create table t_{number} (id int primary key, name text, seen bool, updated_at datetime not null)"
            for number in range(count)
        ]
        return make_mariadb(f"tables_{count}", "set foreign_key_checks = 0;" + ";".join(statements))

    check_work(address_of)
