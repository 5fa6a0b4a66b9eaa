"""Proposes a source from a catalog, each proposal with its reason. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from platform_new.introspect import personal, roles
from platform_new.introspect.catalog import FoundCatalog, FoundColumn, FoundForeignKey, FoundTable, TableId
from platform_new.introspect.checks import Limits, limits_of
from platform_new.introspect.derived import propose_derived
from platform_new.introspect.excluding import Guess, Guesses, leave_out_credentials
from platform_new.introspect.expressible import only_expressible
from platform_new.introspect.naming import safe_name, safe_names, source_name
from platform_new.introspect.units import currency_columns
from platform_new.spec.measures import measures_of
from platform_new.spec.models import Column, Format, Load, Reference, Source, Table
from platform_new.spec.names import distinct

Reasons = dict[tuple[str, ...], str]
LAG = "1 day"
AFFIX = re.compile(r"^(dim|dimension|fct|fact|bridge|raw|src|tbl)_(?=.)|(?<=.)_(dim|dimension|fct|fact|bridge)$")
"""How warehouses mark facts and dimensions, and others every table, in the names of their tables."""


@dataclass(frozen=True)
class _Names:
    """The platform's names for the source's tables and columns."""

    tables: Mapping[TableId, str]
    columns: Mapping[TableId, Mapping[str, str]]


def propose(found: FoundCatalog, name: str | None = None, *, known: Source | None = None) -> tuple[Source, Reasons]:
    """The proposed source, and the reason for each proposal by its path in the spec.

    Credentials are excluded, except for columns that the `known` source loads because its owner decided so.
    """
    reasons: Reasons = {}
    names = _Names(
        _table_names(found),
        {table.id: safe_names(column.name for column in table.columns) for table in found.tables},
    )
    guesses = _guesses(found, names)
    found, notes = only_expressible(leave_out_credentials(found, guesses, known))
    loaded = {table.id for table in found.tables if not table.exclude}
    proposed = roles.propose_roles(_shape(table, names, loaded) for table in found.tables if table.id in loaded)
    tables = [
        _table(table, names, proposed.get(names.tables[table.id]), _limits(table, found.kind), guesses, reasons)
        for table in found.tables
    ]
    for (table, column), note in notes.items():
        path = ("tables", names.tables[table], "columns", names.columns[table][column], "references")
        _note(reasons, path, note)
    _note_possible(found, names, reasons)
    if found.left_out:
        reasons["tables",] = "; ".join(found.left_out)
    source = Source(
        name=source_name(name or found.name),
        kind=found.kind,
        description=found.description or None,
        tables=tuple(sorted(_with_entities(tables, reasons), key=lambda table: table.name)),
    )
    return source, reasons


def _with_entities(tables: list[Table], reasons: Reasons) -> Iterator[Table]:
    """The tables; those like `dim_customer` or `raw_customers` name their entity if no other mart has its name."""

    def mart(table: Table) -> tuple[bool, bool, str]:
        # A reference becomes a dimension if it is not folded.
        return table.role == "fact", table.role == "bridge", AFFIX.sub("", table.name)

    used = Counter(map(mart, tables))
    for table in tables:
        *_, entity = mart(table)
        if table.exclude or entity == table.name or used[mart(table)] > 1 or not entity[0].isalpha():
            yield table
            continue
        _note(reasons, ("tables", table.name, "entity"), "the name of its mart, without the affix")
        yield table.model_copy(update={"entity": entity})


def _note_possible(found: FoundCatalog, names: _Names, reasons: Reasons) -> None:
    """Comments on columns that may be foreign keys, with the line that makes them so."""
    loaded = {table.id for table in found.tables if not table.exclude}
    for table in found.tables:
        for key in table.possible:
            if key.to in loaded:
                name = names.columns[table.id][key.columns[0]]
                confirm = f"to confirm, add `references: {_target(key, names)}`"
                path = ("tables", names.tables[table.id], "columns", name, "references")
                _note(reasons, path, f"may be a foreign key, {key.note}; {confirm}")


def _guesses(found: FoundCatalog, names: _Names) -> Guesses:
    """The guesses about all columns except foreign keys and columns with a list of accepted values."""
    guesses = {}
    for table in found.tables:
        own, limits = names.columns[table.id], _limits(table, found.kind)
        linked = {part for key in table.foreign_keys for part in key.columns}
        for column in table.columns:
            if not (column.exclude or column.name in linked or limits[column.name].values):
                known = (names.tables[table.id], own[column.name], column.type, column.samples)
                if guess := personal.guess(*known, siblings=frozenset(own.values())):
                    guesses[table.id, column.name] = Guess(*guess)
    return guesses


def _table_names(found: FoundCatalog) -> dict[TableId, str]:
    """A name for each table; if names collide, the tables of the default schema keep theirs."""
    wanted = {table.id: safe_name(table.label or table.id.name, "table") for table in found.tables}

    def turn(id_: TableId) -> tuple[bool, bool, TableId]:
        return (id_.schema != found.default_schema, wanted[id_] != id_.name, id_)

    names: dict[TableId, str] = {}
    taken: set[str] = set()
    for id_ in sorted(wanted, key=turn):
        name = wanted[id_]
        if name in taken and id_.schema != found.default_schema:
            name = safe_name(f"{safe_name(id_.schema, 'schema')}_{name}", "table")
        names[id_] = distinct(name, taken)
        taken.add(names[id_])
    return names


def _shape(table: FoundTable, names: _Names, loaded: set[TableId]) -> roles.Shape:
    own = names.columns[table.id]
    required = {column.name for column in table.columns if not column.nullable} | set(table.key)
    return roles.Shape(
        name=names.tables[table.id],
        fields=tuple(
            roles.Field(own[column.name], column.type, column.name in required, column.null_share)
            for column in table.columns
            if not column.exclude
        ),
        key=tuple(own[column] for column in table.key),
        pointers=tuple(
            roles.Pointer(tuple(own[c] for c in key.columns), names.tables[key.to], required.issuperset(key.columns))
            for key in table.foreign_keys
            if key.to != table.id and key.to in loaded
        ),
        is_hierarchy=any(key.to == table.id for key in table.foreign_keys),
        uniques=tuple(tuple(own[column] for column in unique) for unique in table.uniques),
    )


def _table(
    table: FoundTable,
    names: _Names,
    role: roles.Role | None,
    limits: Mapping[str, Limits],
    guesses: Guesses,
    reasons: Reasons,
) -> Table:
    name, own = names.tables[table.id], names.columns[table.id]
    path = ("tables", name)
    role = role or roles.Role("dimension", "")
    _note(reasons, path, table.note)
    _note(reasons, (*path, "role"), role.because)
    _note(reasons, (*path, "line_of"), role.line_because if role.line_of else "")
    _note(reasons, (*path, "event_time"), role.event_because if role.event_time else "")
    _note(reasons, (*path, "format"), table.format_note)
    _note(reasons, (*path, "key"), table.key_note)
    _note(reasons, (*path, "rows"), "" if table.counted or table.rows is None else "estimated by the engine")
    load, why = _load(table, own)
    _note(reasons, (*path, "load"), why)
    alone = {unique[0] for unique in table.uniques if len(unique) == 1}
    columns = tuple(
        _column(
            table,
            column,
            names,
            limits[column.name],
            column.name in alone,
            guesses.get((table.id, column.name)),
            reasons,
        )
        for column in table.columns
    )
    proposed = Table(
        name=name,
        schema=table.id.schema or None,
        origin=table.id.name if table.id.name != name else None,
        description=_text(table.description),
        role=role.role,
        line_of=role.line_of,
        event_time=role.event_time,
        rows=table.rows,
        load=load,
        format=Format(**table.format),
        key=tuple(own[column] for column in table.key),
        key_inferred=table.key_inferred and bool(table.key),
        unique=tuple(tuple(own[column] for column in unique) for unique in table.uniques if len(unique) > 1),
        references=tuple(_composite(table, names)),
        columns=columns,
        exclude=table.exclude,
    )
    if role.role != "fact":
        return proposed
    return _with_measures(proposed, {own[column.name]: column.samples for column in table.columns}, reasons)


def _with_measures(fact: Table, samples: Mapping[str, Sequence[str]], reasons: Reasons) -> Table:
    """The fact with the additivity and the unit of its measures, and with the measures that follow from them."""
    measures = measures_of(fact)
    for name, measure in measures.items():
        _note(reasons, ("tables", fact.name, "columns", name, "measure"), measure.because)
    currencies = currency_columns(fact)
    for name, currency in currencies.items():
        _note(reasons, ("tables", fact.name, "columns", name, "unit_column"), f"`{currency}` says its currency")
    columns = tuple(
        column.model_copy(
            update={
                "measure": measures[column.name].additivity if column.name in measures else column.measure,
                "unit_column": currencies.get(column.name),
            }
        )
        for column in fact.columns
    )
    fact = fact.model_copy(update={"columns": columns})
    derived = propose_derived(fact, samples)
    for measure, because in derived:
        _note(reasons, ("tables", fact.name, "measures", measure.name), because)
    return fact.model_copy(update={"measures": tuple(each for each, _ in derived)})


def _limits(table: FoundTable, dialect: str) -> dict[str, Limits]:
    of_table = limits_of(table.checks, {column.name: column.type for column in table.columns}, dialect)
    limits = {}
    for column in table.columns:
        own = limits_of(column.checks, {"VALUE": column.type}, dialect).get("VALUE", Limits())
        limits[column.name] = of_table.get(column.name, Limits()).both(own).both(Limits(values=column.values))
    return limits


def _composite(table: FoundTable, names: _Names) -> Iterator[Reference]:
    for key in table.foreign_keys:
        if len(key.columns) > 1:
            yield Reference(
                columns=tuple(names.columns[table.id][column] for column in key.columns),
                to=names.tables[key.to],
                to_columns=tuple(names.columns[key.to][column] for column in key.to_columns),
                inferred=key.inferred,
            )


def _column(
    table: FoundTable,
    column: FoundColumn,
    names: _Names,
    limits: Limits,
    unique: bool,
    guessed: Guess | None,
    reasons: Reasons,
) -> Column:
    name = names.columns[table.id][column.name]
    path = ("tables", names.tables[table.id], "columns", name)
    _note(reasons, (*path, "type"), column.note)
    points_to = next((key for key in table.foreign_keys if key.columns == (column.name,)), None)
    if guessed:
        reasons[(*path, "exclude" if column.exclude else "pii")] = guessed.reason
    return Column(
        name=name,
        origin=column.name if column.name != name else None,
        type=column.type,
        source_type=column.source_type,
        required=not column.nullable or column.name in table.key,
        unique=unique,
        references=_target(points_to, names) if points_to else None,
        inferred=bool(points_to and points_to.inferred),
        values=limits.values or None,
        min=_bound(limits.min) if not limits.values else None,
        max=_bound(limits.max) if not limits.values else None,
        pii=guessed.kind if guessed else None,
        description=_described(column),
        exclude=column.exclude,
    )


def _target(key: FoundForeignKey, names: _Names) -> str:
    return f"{names.tables[key.to]}.{names.columns[key.to][key.to_columns[0]]}"


def _load(table: FoundTable, own: Mapping[str, str]) -> tuple[Load, str]:
    if table.read_whole:
        return Load(), ""
    times = [column for column in table.columns if column.data_type.is_timestamp and not column.exclude]
    updated = [column for column in times if column.changes_on_update or roles.is_update_time(own[column.name])]
    best = next((column for column in updated if not column.nullable), None)
    if best is None:
        return Load(), f"{own[updated[0].name]} may be empty, so changes could be missed" if updated else ""
    if not table.key or table.key_inferred:
        missing = "there is no key" if not table.key else "the key is inferred: a wrong key would lose rows"
        return Load(), f"{own[best.name]} says when a row changed, but {missing}{' to merge on' * (not table.key)}"
    why = (
        "set by the database on every update"
        if best.changes_on_update
        else "never empty, and named like an update time"
    )
    return Load(mode="incremental", cursor=own[best.name], lag=LAG), why


def _bound(value: Any) -> Any:
    return value if value is None or isinstance(value, (int, float)) else str(value)


def _described(column: FoundColumn) -> str | None:
    if column.description and column.caveat:
        return f"{column.description.strip().rstrip('.')}. {column.caveat}"
    return _text(column.description or column.caveat)


def _text(text: str) -> str | None:
    return text.strip() or None


def _note(reasons: Reasons, path: tuple[str, ...], reason: str) -> None:
    if reason:
        reasons[path] = f"{reasons[path]}; {reason}" if path in reasons else reason
