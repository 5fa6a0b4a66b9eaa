"""The rules of a spec beyond the shape of its values: rules between columns, tables, sources and choices.

Each rule is a generator of findings. Nothing here reads a file: `platform_new.spec.load` adds the line of each finding.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from platform_new.catalog import Catalog
from platform_new.documents.suggest import did_you_mean
from platform_new.spec.base import AnySource, Content
from platform_new.spec.consumer_rules import MART_ROLES, check_consumers
from platform_new.spec.cron import parse_cron
from platform_new.spec.events.correction_rules import check_corrections, check_tables
from platform_new.spec.events.lake import lake_sources
from platform_new.spec.events.models import EventSource
from platform_new.spec.events.rules import check_events
from platform_new.spec.findings import Finding, Path
from platform_new.spec.history_rules import check_history
from platform_new.spec.models import Column, DerivedMeasure, Platform, Source, Spec, Table
from platform_new.spec.name_rules import KEYS, check_names
from platform_new.spec.names import LONGEST_NAME
from platform_new.spec.values import wrong_values

KEY_OF: Mapping[Content, str] = {"tables": "tables", "events": "topics"}
"""The key of a source's file that lists its content."""


def check(spec: Spec, catalog: Catalog) -> list[Finding]:
    """Every rule that the spec breaks. Without a platform, the rules for sources are still checked."""
    findings = list(_choices(spec.platform, catalog)) if spec.platform else []
    for index, source in enumerate(spec.sources):
        found = [*_source(source, catalog), *_tables(source)]
        findings += [Finding(each.path, each.reason, each.hint, each.value, index) for each in found]
    with_topics = [source.name for source in spec.event_sources]
    for index, source in enumerate(spec.event_sources, start=len(spec.sources)):
        found = [*_system(source, catalog), *check_events(source, spec.sources, with_topics)]
        findings += [Finding(each.path, each.reason, each.hint, each.value, index) for each in found]
    if spec.platform:
        findings += _clashes(spec.platform, spec.event_sources, catalog)
    findings += [*check_tables(spec, catalog), *check_corrections(spec, catalog)]
    in_lake = lake_sources(spec)
    if spec.platform:
        findings += check_consumers(spec.platform.consumers, (*spec.sources, *in_lake))
    findings += [*_sources(spec.all_sources), *check_names(spec, in_lake)]
    return [*findings, *same_marts(spec.sources, in_lake)]


def _choices(platform: Platform, catalog: Catalog) -> Iterator[Finding]:
    for axis in catalog.questions:
        names = platform.chosen(axis.name)
        for index, name in enumerate(names):
            path = (axis.name, index) if axis.many else (axis.name,)
            if name not in axis.choices:
                yield Finding(path, f"unknown {axis.name}", _menu(name, axis.choices), name)
                continue
            if name in names[:index]:
                yield Finding(path, "duplicate choice", "delete one of the two", name)
            for clash in axis.choices[name].clashes:
                if clash.choice in platform.chosen(clash.axis):
                    other = catalog.axes[clash.axis].label.lower()
                    reason = f"{axis.choices[name].label} cannot be combined with {other} `{clash.choice}`"
                    yield Finding(path, f"{reason}: {clash.because}", "change one of the two choices", name)


def _menu(chosen: str, choices: Iterable[str]) -> str:
    choices = list(choices)
    hint, menu = did_you_mean(chosen, choices), ", ".join(f"`{choice}`" for choice in choices)
    return f"{hint} The choices are {menu}" if hint.startswith("did") and len(choices) > 1 else hint


def _clashes(platform: Platform, sources: Iterable[EventSource], catalog: Catalog) -> Iterator[Finding]:
    """Choices of the platform that a kind of source cannot be used with."""
    kinds = catalog.kinds
    for source in sources:
        for clash in kinds[source.kind].clashes if source.kind in kinds else ():
            if clash.choice in platform.chosen(clash.axis):
                others = [name for name in catalog.axes[clash.axis].choices if name != clash.choice]
                reason = f"the source `{source.name}` has events: {clash.because}"
                hint = f"write `{clash.axis}: {others[0]}`, or delete the source"
                yield Finding((clash.axis,), reason, hint, clash.choice)


def _system(source: AnySource, catalog: Catalog) -> Iterator[Finding]:
    kinds = catalog.kinds
    if source.kind not in kinds:
        yield Finding(("kind",), "unknown kind of source", _menu(source.kind, kinds), source.kind)
    elif (carried := kinds[source.kind].sheet.carries) != source.carries:
        reason = f"a source of this kind has no `{KEY_OF[source.carries]}`"
        yield Finding(("kind",), reason, f"write `{KEY_OF[carried]}` instead, or another kind", source.kind)
    try:
        parse_cron(source.schedule)
    except ValueError as error:
        hint = "for example `0 3 * * *`: daily at 03:00 UTC"
        yield Finding(("schedule",), f"this is not a cron expression: {error}", hint, source.schedule)


def _source(source: Source, catalog: Catalog) -> Iterator[Finding]:
    yield from _system(source, catalog)
    if source.loads_nothing:
        yield Finding(("tables",), "every table is excluded", "remove `exclude:` from at least one of them")
    names: dict[str, int] = {}
    places: dict[tuple[str | None, str], int] = {}
    for index, table in enumerate(source.tables):
        path = ("tables", index)
        if (first := names.setdefault(table.name, index)) != index:
            yield _twice((*path, "name"), "table", table.name, source.tables[first])
        elif (first := places.setdefault((table.schema_, table.source_name), index)) != index:
            reason = f"the table `{source.tables[first].name}` is the same table in the source"
            yield Finding((*path, "origin"), reason, "keep one of the two", table.source_name)


def _tables(source: Source) -> Iterator[Finding]:
    tables = {table.name: table for table in reversed(source.tables)}
    for index, table in enumerate(source.tables):
        columns = {column.name: column for column in table.columns}
        for rule in (_columns, _keys, _load, _references, _role, _measures):
            for finding in rule(table, columns, tables):
                yield Finding(("tables", index, *finding.path), finding.reason, finding.hint, finding.value)


Columns = dict[str, Column]
Tables = dict[str, Table]


def _columns(table: Table, columns: Columns, tables: Tables) -> Iterator[Finding]:
    names: dict[str, int] = {}
    origins: dict[str, int] = {}
    for index, column in enumerate(table.columns):
        path = ("columns", index)
        if (first := names.setdefault(column.name, index)) != index:
            yield _twice((*path, "name"), "column", column.name, table.columns[first])
        elif (first := origins.setdefault(column.source_name, index)) != index:
            reason = f"the column `{table.columns[first].name}` is the same column in the source"
            yield Finding((*path, "origin"), reason, "keep one of the two", column.source_name)
        yield from wrong_values(column, path)
        if column.measure not in (None, "none") and not column.data_type.is_number:
            reason = f"only numbers are measures, and the column is of type {column.type}"
            yield Finding((*path, "measure"), reason, "delete `measure:`", column.measure)
        yield from _unit(column, columns, path)
    if not table.exclude and all(column.exclude for column in table.columns):
        hint = "write `exclude: reason` for the table, or remove it from one of the columns"
        yield Finding(("columns",), "every column is excluded", hint)


def _keys(table: Table, columns: Columns, tables: Tables) -> Iterator[Finding]:
    for name, keys in (("key", (table.key,)), ("unique", table.unique)):
        for number, key in enumerate(keys):
            above: Path = (name,) if name == "key" else (name, number)
            if not key and name == "unique":
                yield Finding(above, "a unique key needs at least one column", "name the column, or delete this line")
            for index, column in enumerate(key):
                if column in key[:index]:
                    yield Finding((*above, index), f"duplicate column in `{name}`", "keep it once", column)
                else:
                    yield from _usable(column, columns, (*above, index), f"`{name}`")


def _load(table: Table, columns: Columns, tables: Tables) -> Iterator[Finding]:
    load = table.load
    if load.cursor:
        yield from _usable(load.cursor, columns, ("load", "cursor"), "`cursor`")
        cursor = columns.get(load.cursor)
        if cursor and not cursor.data_type.is_ordered:
            reason = f"values of type {cursor.type} have no order, which a cursor needs"
            yield Finding(("load", "cursor"), reason, "name a date, a timestamp or a growing number", load.cursor)
        elif cursor and load.lag and not cursor.data_type.is_time:
            reason = f"`lag` needs a date or timestamp cursor, and `{cursor.name}` is of type {cursor.type}"
            yield Finding(("load", "lag"), reason, "delete `lag:`, or name another cursor", load.lag)
    if load.mode == "incremental":
        if not load.cursor:
            hint = "add `cursor:` with the column that grows when a row changes, or write `mode: full`"
            yield Finding(("load",), "an incremental load needs a `cursor`", hint)
        if not table.key:
            hint = "add `key:` with the columns that identify a row, or write `mode: full`"
            yield Finding(("load",), "an incremental load merges rows by their key, and the table has no `key`", hint)
    elif load.lag:
        hint = "write `mode: incremental`, or delete `lag:`"
        yield Finding(("load", "lag"), "`lag` only applies to incremental loads", hint, load.lag)
    if load.deletes == "mark" and not table.key:
        hint = "add `key:`, or write `deletes: ignore`"
        yield Finding(("load", "deletes"), "deleted rows are found by their key, and the table has no `key`", hint)
    if load.deletes == "mark" and len(table.name) > LONGEST_NAME - len(KEYS):
        reason = f"its keys are loaded into `{table.name}{KEYS}`, a name of more than {LONGEST_NAME} characters"
        hint = "shorten `name:`, and put the table's name in the source in `origin:`"
        yield Finding(("name",), reason, hint, table.name)


def _references(table: Table, columns: Columns, tables: Tables) -> Iterator[Finding]:
    for index, column in enumerate(table.columns):
        if column.references:
            to, _, to_column = column.references.partition(".")
            yield from _reference(column.name, to, to_column, columns, tables, ("columns", index, "references"))
        elif column.fold is not None:
            reason = "marts fold the rows that a column refers to, and the column has no `references`"
            yield Finding(("columns", index, "fold"), reason, "add `references:`, or delete `fold:`")
    for index, reference in enumerate(table.references):
        path = ("references", index)
        if len(reference.columns) != len(reference.to_columns):
            reason = f"{len(reference.columns)} columns cannot point to {len(reference.to_columns)}"
            yield Finding((*path, "to_columns"), reason, "name the same number of columns on both sides")
        if reference.to not in tables:
            yield _no_table(reference.to, tables, (*path, "to"))
            continue
        for place, (mine, theirs) in enumerate(zip(reference.columns, reference.to_columns, strict=False)):
            yield from _exists(mine, columns, (*path, "columns", place), "this table")
            yield from _reference(mine, reference.to, theirs, columns, tables, (*path, "to_columns", place))


def _reference(name: str, to: str, to_column: str, columns: Columns, tables: Tables, path: Path) -> Iterator[Finding]:
    if to not in tables:
        yield _no_table(to, tables, path)
        return
    there = {column.name: column for column in tables[to].columns}
    yield from _exists(to_column, there, path, f"`{to}`")
    mine, theirs = columns.get(name), there.get(to_column)
    if mine and theirs and not mine.data_type.compares_with(theirs.data_type):
        reason = f"`{name}` is of type {mine.type} and `{to}.{to_column}` of type {theirs.type}"
        yield Finding(path, reason, "give both the same type, or delete the reference", f"{to}.{to_column}")


def _role(table: Table, columns: Columns, tables: Tables) -> Iterator[Finding]:
    if table.event_time:
        yield from _usable(table.event_time, columns, ("event_time",), "`event_time`")
        column = columns.get(table.event_time)
        if column and not column.data_type.is_time:
            reason = f"the column is of type {column.type}, not a date or timestamp"
            yield Finding(("event_time",), reason, "name the column that says when it happened", table.event_time)
    if table.weights_of:
        yield from _weights(table, columns)
    yield from check_history(table)
    if table.line_of:
        yield from _line(table, tables)


def _weights(table: Table, columns: Columns) -> Iterator[Finding]:
    path, column = ("weights_of",), columns.get(table.weights_of)
    yield from _usable(table.weights_of, columns, path, "`weights_of`")
    if table.role != "bridge":
        yield Finding(path, "only a bridge has weights", "write `role: bridge`, or delete this line", table.weights_of)
    elif column and not column.references:
        yield Finding(path, "this is no foreign key of the bridge", "name a column with `references:`", column.name)


def _measures(table: Table, columns: Columns, tables: Tables) -> Iterator[Finding]:
    names: set[str] = set()
    for index, measure in enumerate(table.measures):
        path = ("measures", index)
        if measure.name in columns or measure.name in names:
            what = "column" if measure.name in columns else "measure"
            yield Finding((*path, "name"), f"the table has a {what} of this name", "choose another name", measure.name)
        names.add(measure.name)
        if not measure.data_type.is_number:
            hint = "write a type of numbers, such as `numeric(18, 2)`"
            yield Finding((*path, "type"), "a measure is a number", hint, measure.type)
        for name in measure.columns:
            yield from _usable(name, columns, (*path, "formula"), "a formula")
            column = columns.get(name)
            if column and not column.data_type.is_number:
                reason = f"`{name}` is of type {column.type}, and a formula needs numbers"
                yield Finding((*path, "formula"), reason, "name a column of numbers", measure.formula)
        yield from _unit(measure, columns, path)


def _unit(number: Column | DerivedMeasure, columns: Columns, path: Path) -> Iterator[Finding]:
    if number.unit and number.unit_column:
        reason = "either all rows have the same unit, or a column holds it"
        yield Finding((*path, "unit_column"), reason, "delete `unit:` or `unit_column:`", number.unit_column)
    elif (number.unit or number.unit_column) and not number.data_type.is_number:
        key = "unit" if number.unit else "unit_column"
        reason = f"only numbers have a unit, and the column is of type {number.type}"
        yield Finding((*path, key), reason, f"delete `{key}:`", getattr(number, key))
    elif number.unit_column == number.name:
        yield Finding((*path, "unit_column"), "a number is not its own unit", "name another column", number.name)
    elif number.unit_column:
        yield from _usable(number.unit_column, columns, (*path, "unit_column"), "`unit_column`")


def _line(table: Table, tables: Tables) -> Iterator[Finding]:
    path, header = ("line_of",), tables.get(table.line_of)
    if header is None:
        yield _no_table(table.line_of, tables, path)
        return
    if table.role != "fact":
        yield Finding(
            path, f"only a fact has a header, and `{table.name}` is a {table.role}", "write `role: fact`", table.line_of
        )
    if header.role != "fact":
        reason = f"`{header.name}` is a {header.role}, and a header has to be a fact"
        yield Finding(path, reason, f"write `role: fact` for `{header.name}`", table.line_of)
    if header.exclude and not table.exclude:
        yield Finding(
            path, f"`{header.name}` is excluded", "remove its `exclude:`, or delete `line_of:`", table.line_of
        )
    if not _points_to(table, header):
        hint = f"add `references: {header.name}.…` to the column that refers to the header"
        yield Finding(path, f"no column of `{table.name}` points to `{header.name}`", hint, table.line_of)
    seen, above = [table.name], header
    while above and above.name not in seen:
        seen.append(above.name)
        above = tables.get(above.line_of or "")
    if above and above.name == table.name:
        circle = " of ".join(f"`{name}`" for name in [*seen, table.name])
        yield Finding(path, f"`line_of` is circular: {circle}", "delete one `line_of:`", table.line_of)


def _points_to(table: Table, other: Table) -> bool:
    single = (
        column.references.partition(".")[0] for column in table.columns if column.references and not column.exclude
    )
    return other.name in {*single, *(reference.to for reference in table.references)}


def _sources(sources: tuple[AnySource, ...]) -> Iterator[Finding]:
    names: set[str] = set()
    for index, source in enumerate(sources):
        if source.name in names:
            yield Finding(("name",), "duplicate source name", "rename one of the two", source.name, index)
        names.add(source.name)


def same_marts(sources: Sequence[Source], in_lake: Sequence[Source] = ()) -> Iterator[Finding]:
    """Marts with the same role and name, within a source or across sources; the finding is at the later mart.

    `in_lake` are the tables of streams, which become marts as well.
    """
    made: dict[tuple[str, str], list[tuple[int, int, str]]] = defaultdict(list)
    every = (*sources, *in_lake)
    for position, source in enumerate(every):
        for index, table in enumerate(source.tables):
            if role := _mart_role(table, source):
                made[(role, table.entity or table.name)].append((position, index, f"{source.name}.{table.name}"))
    for (role, entity), (first, *others) in made.items():
        for position, index, _ in others:
            reason = f"`{first[2]}` already becomes the {role} `{entity}`"
            if position >= len(sources):
                yield Finding(("streams", index, "name"), reason, "rename the stream", entity, position)
                continue
            hint = f"add `entity:` with another name, for example `{every[position].name}_{entity}`"
            key = "entity" if every[position].tables[index].entity else "name"
            yield Finding(("tables", index, key), reason, hint, entity, position)


def _mart_role(table: Table, source: Source) -> str | None:
    """The role of a table's mart; a lookup becomes a dimension only if it is not folded into another dimension."""
    if not table.reaches_marts:
        return None
    if table.role in MART_ROLES:
        return table.role
    others = [other for other in source.tables if other is not table and other.reaches_marts]
    pointing = [other.role for other in others if _points_to(other, table)]
    return "dimension" if not pointing or {"fact", "bridge"} & set(pointing) else None


def _usable(name: str, columns: Columns, path: Path, what: str) -> Iterator[Finding]:
    yield from _exists(name, columns, path, "this table")
    if name in columns and columns[name].exclude:
        hint = "remove the column's `exclude:`, or name another column"
        yield Finding(path, f"{what} needs a column that is excluded", hint, name)


def _exists(name: str, columns: Columns, path: Path, where: str) -> Iterator[Finding]:
    if name not in columns:
        yield Finding(path, f"{where} has no such column", did_you_mean(name, columns), name)


def _no_table(name: str, tables: Tables, path: Path) -> Finding:
    return Finding(path, "the source has no such table", did_you_mean(name, tables), name)


def _twice(path: Path, what: str, name: str, first: Table | Column) -> Finding:
    hint = "rename one of the two, and put its name in the source in `origin:`"
    if first.origin:
        hint = f"{hint} (the other has `origin: {first.origin}`)"
    return Finding(path, f"duplicate {what} name (names that differ only in letter case are the same)", hint, name)
