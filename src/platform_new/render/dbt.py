"""The parts of dbt files that are easier to read as code than as a template: select lists and data tests."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from platform_new.plan.model import DataTest, Mart, PlannedColumn, StagedTable, UnitTest
from platform_new.plan.modeling.examples import value_of
from platform_new.plan.names import RESERVED
from platform_new.render.quoting import dbt_yaml, yaml
from platform_new.spec.cron import longest_wait_minutes
from platform_new.spec.data_type import DataType
from platform_new.spec.formula import Formula
from platform_new.spec.names import fit

SQL_TYPES = {
    "text": "{{ dbt.type_string() }}",
    "uuid": "{{ dbt.type_string() }}",
    "json": "{{ dbt.type_string() }}",
    "smallint": "{{ dbt.type_int() }}",
    "integer": "{{ dbt.type_int() }}",
    "bigint": "{{ dbt.type_bigint() }}",
    "numeric": "numeric(38, 9)",
    "real": "{{ type_double() }}",
    "double": "{{ type_double() }}",
    "boolean": "boolean",
    "date": "date",
    "time": "time",
    "timestamp": "{{ dbt.type_timestamp() }}",
    "timestamptz": "{{ dbt.type_timestamp() }}",
    "binary": "{{ type_binary() }}",
}
"""The canonical types in a dbt model; dbt's macros translate them for the warehouse."""

CONTRACT_TYPES = {
    "text": "string",
    "uuid": "string",
    "json": "string",
    "smallint": "integer",
    "integer": "integer",
    "bigint": "bigint",
    "numeric": "numeric(38, 9)",
    "real": "float8",
    "double": "float8",
    "boolean": "boolean",
    "date": "date",
    "time": "time",
    "timestamp": "timestamp",
    "timestamptz": "timestamp",
    "binary": "binary",
}
"""The canonical types in a model contract, where dbt translates a few standard names but runs no macros."""

CALLS = ("to", "of", "post_hook")
"""The keys whose values are calls of dbt's `ref` or `source`, or of a macro, instead of texts."""


def sql_type(type_: str) -> str:
    """The type in a dbt model's SQL."""
    return _in(SQL_TYPES, type_)


def contract_type(type_: str) -> str:
    """The type in a dbt model's contract."""
    return _in(CONTRACT_TYPES, type_)


def _in(types: Mapping[str, str], text: str) -> str:
    type_ = DataType.parse(text)
    return str(type_) if type_.precision else types[type_.base]


def landed(name: str) -> str:
    """A raw column in SQL, quoted by the warehouse's rules if it is a reserved word."""
    return f"{{{{ quoted('{name}') }}}}" if name in RESERVED else name


def staged(table: StagedTable) -> list[tuple[str, list[str]]]:
    """The groups of a staging model's select list: every column, cast to its type, under its staged name."""
    prefix = "source." if table.marks_deletes else ""
    return [(group, [_staged_column(table, column, prefix) for column in columns]) for group, columns in table.groups]


def _staged_column(table: StagedTable, column: PlannedColumn, prefix: str) -> str:
    if column.kind == "deletion":
        return f"present.{landed(table.spec.key[0])} is null as {column.name}"
    if column.kind == "load":
        return prefix + column.name
    if column.formula:
        return _derived_column(table, column, lambda name: prefix + landed(name))
    name = prefix + landed(column.landed)
    if column.landed_type == "timestamptz":
        argument = f"'{name}'" if "{{" not in name else f"'{prefix}' ~ quoted('{column.landed}')"
        return f"{{{{ utc({argument}) }}}} as {column.name}"
    return f"cast({name} as {sql_type(column.type)}) as {column.name}"


def derived(table: StagedTable, prefix: str) -> list[str]:
    """The derived measures of a table, computed from its staged columns."""
    names = {column.landed: prefix + column.name for column in table.columns if column.landed}
    return [_derived_column(table, column, names.__getitem__) for column in table.columns if column.formula]


def _derived_column(table: StagedTable, measure: PlannedColumn, written: Callable[[str], str]) -> str:
    """A measure with its formula in SQL."""
    formula = Formula.parse(measure.formula)
    types = {column.landed: DataType.parse(column.landed_type) for column in table.columns if column.landed}
    casts = formula.casts(types, DataType.parse(measure.type))

    def column(name: str) -> str:
        return f"cast({written(name)} as {sql_type(casts[name])})" if name in casts else written(name)

    return f"cast({formula.sql(column)} as {sql_type(measure.type)}) as {measure.name}"


def selected(groups: Iterable[tuple[str, Iterable[Any]]]) -> list[tuple[str, list[str]]]:
    """The groups of a mart's select list."""
    return [(group, [item.sql for item in members]) for group, members in groups]


def select_list(groups: Iterable[tuple[str, Iterable[str]]], indent: int = 8) -> str:
    """The lines between `select` and `from`: a heading for each group, a comma after each column except the last."""
    space = " " * indent
    blocks = [
        f"{space}---------- {heading}\n" + ",\n".join(textwrap.indent(line, space) for line in lines)
        for heading, lines in groups
    ]
    return ",\n\n".join(blocks)


def data_tests(tests: Iterable[DataTest], indent: int) -> str:
    """The `data_tests:` key of a model or column with its tests, without a final newline."""
    space = " " * indent
    lines = [f"{space}data_tests:"]
    for test in tests:
        config = {"severity": test.severity} if test.severity != "error" else {}
        config |= {"where": test.where} if test.where else {}
        arguments = _for_quotes(test.arguments) if test.name == "accepted_values" else test.arguments
        if not arguments and not config:
            lines.append(f"{space}  - {test.name}")
            continue
        lines.append(f"{space}  - {test.name}:")
        for key, content in (("arguments", arguments), ("config", config)):
            if content:
                lines.append(f"{space}      {key}:")
                lines += _mapping(content, f"{space}        ")
    return "\n".join(lines)


def _for_quotes(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments for dbt's `accepted_values`, which puts single quotes around each value without escaping it."""
    values = [value.replace("'", "''") if isinstance(value, str) else value for value in arguments["values"]]
    return {**arguments, "values": values}


def model_config(mart: Mart, indent: int, more_meta: str = "", more_config: str = "") -> str:
    """The `config:` key of a mart, with further lines for its metadata and for itself; may be empty.

    It has no final newline.
    """
    space = " " * indent
    config = {key: value for key, value in mart.config.items() if key != "meta"}
    meta = ({"origin": mart.grain} if mart.grain else {}) | mart.config.get("meta", {})
    lines = [*_mapping(config, f"{space}  "), *more_config.splitlines()]
    if meta or more_meta:
        lines += [f"{space}  meta:", *_mapping(meta, f"{space}    "), *more_meta.splitlines()]
    return "\n".join([f"{space}config:", *lines]) if lines else ""


def unit_tests(tests: Iterable[UnitTest], model: str) -> str:
    """The `unit_tests:` key of a properties file, without a final newline; names fit PostgreSQL's limit."""
    lines = ["unit_tests:"]
    for test in tests:
        lines += [f"  - name: {fit(test.name)}", f"    description: {test.description}", f"    model: {model}"]
        if test.variables:
            lines.append(f"    overrides: {{vars: {_row(test.variables)}}}")
        lines.append("    given:" if test.given else "    given: []")
        for given, rows in test.given:
            lines.append(f"      - input: ref('{given}')")
            lines.append("        rows: []" if not rows else "        rows:")
            lines += [f"          - {_row(row)}" for row in rows]
        lines += ["    expect:", "      rows:"]
        lines += [f"        - {_row(row)}" for row in test.expected]
    return "\n".join(lines)


def _row(row: Mapping[str, Any]) -> str:
    return "{" + ", ".join(f"{yaml(name)}: {dbt_yaml(value)}" for name, value in row.items()) + "}"


def freshness(schedule: str, indent: int) -> str:
    """The `freshness:` key for a load on this schedule: 1.5 times the longest wait is a warning, 3 times an error."""
    wait, space = longest_wait_minutes(schedule), " " * indent
    lines = [f"{space}freshness:"]
    for level, minutes in (("warn_after", wait * 3 // 2), ("error_after", wait * 3)):
        count, period = (minutes // 60, "hour") if minutes % 60 == 0 else (minutes, "minute")
        lines.append(f"{space}  {level}: {{count: {count}, period: {period}}}")
    return "\n".join(lines)


def _mapping(content: Mapping[str, Any], space: str) -> Iterable[str]:
    for key, value in content.items():
        if isinstance(value, Mapping):
            yield f"{space}{key}:"
            yield from _mapping(value, f"{space}  ")
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            yield f"{space}{key}:"
            yield from (f"{space}  - {_row(item)}" for item in value)
        elif isinstance(value, list) and len(line := f"{space}{key}: {dbt_yaml(value)}") > 100:
            yield f"{space}{key}:"
            yield from (f"{space}  - {dbt_yaml(item)}" for item in value)
        elif isinstance(value, list):
            yield line
        else:
            yield f"{space}{key}: {yaml(value) if key in CALLS else dbt_yaml(value)}"


FILTERS = {
    function.__name__: function
    for function in (
        sql_type,
        contract_type,
        landed,
        staged,
        derived,
        selected,
        select_list,
        data_tests,
        model_config,
        unit_tests,
        freshness,
    )
} | {"example": value_of, "fit": fit, "is_reserved": RESERVED.__contains__}
