"""Additions to the spec: a source, or a table of an existing source, with the reasons of proposals."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from platform_new.documents.document import read_document
from platform_new.documents.suggest import did_you_mean
from platform_new.edit.events.add import with_free_streams, with_known_references
from platform_new.edit.names import new_name
from platform_new.edit.rewrite import rewrite_source
from platform_new.edit.spec_files import SpecFiles, source_path
from platform_new.errors import Problem, Refused
from platform_new.introspect import Introspection
from platform_new.introspect.known_names import with_names_of
from platform_new.spec.invalid import validate
from platform_new.spec.load import parse_source
from platform_new.spec.models import Column, Source, Table
from platform_new.spec.names import distinct
from platform_new.spec.rules import same_marts
from platform_new.spec.write import source_yaml


def check_source_name(files: SpecFiles, name: str) -> str:
    """The name, if a new source can have it: checked before a database is introspected."""
    return new_name(name, files.source_names, "source")


def add_source(files: SpecFiles, seen: Introspection) -> str:
    """Add an introspected source, and return a summary."""
    proposed = _fitting(files, seen)
    files.add_source(proposed.source.name, source_yaml(proposed.source, proposed.reasons))
    return f"Add the source {proposed.source.name}"


def add_sample(files: SpecFiles, name: str, text: str) -> str:
    """Add a built-in source under a name, with its text as it is, and return a summary."""
    path = source_path(name)
    sample = parse_source(text, path)
    variable = f"{name.upper()}_URL"
    update = {"name": name, "connection": variable if sample.connection else None}
    proposed = _fitting(files, Introspection(sample.model_copy(update=update)))
    files.add_source(name, rewrite_source(text, path, proposed.source))
    return f"Add the source {name}"


def _fitting(files: SpecFiles, seen: Introspection) -> Introspection:
    """The proposal adapted to the existing sources: without duplicate marts and dangling references."""
    if seen.source.carries == "tables":
        return _with_free_marts(files.sources(), seen)
    known = with_known_references(seen.source, files.sources())
    return Introspection(with_free_streams(known, files.sources(), files.event_sources()), seen.reasons)


def add_table(files: SpecFiles, source: Source, seen: Introspection, name: str) -> str:
    """Add one table of an introspected source, and return a summary.

    `name` is the table's name in the spec or in the source. Raises `Refused` if the source does not have the table, or
    if the spec already does.
    """
    seen = with_names_of(source, seen)
    found = [table for table in seen.source.tables if name in (table.name, table.source_name, table.origin)]
    if not found:
        known = [table.name for table in seen.source.tables if source.table(table.name) is None]
        raise Refused(Problem("the source has no such table", did_you_mean(name, known), value=name))
    table = found[0]
    if source.table(table.name) is not None:
        hint = f"to see what changed in it, run `platform-new refresh {source.name}`"
        raise Refused(Problem("the table is already in the spec", hint, source_path(source.name), value=table.name))
    table = _among(table, {each.name for each in source.tables} | {table.name})
    alone = Introspection(source.model_copy(update={"tables": (table,)}), seen.reasons)
    others = [each for each in files.sources() if each.name != source.name]
    proposed = _with_free_marts([*others, source], alone)
    tables = _placed(source.tables, proposed.source.tables[0])
    files.change_source(source.model_copy(update={"tables": tables}), reasons=proposed.reasons)
    return f"Add the table {source.name}.{table.name}"


def described_table(files: SpecFiles, source: Source, name: str, given: Mapping[str, Any]) -> Introspection:
    """A table from its description instead of introspection: `columns` such as `amount numeric(10, 2)`, `key`, `role`.

    Raises `Refused` with every problem of the description.
    """
    new_name(name, [table.name for table in source.tables], "table")
    pairs = [column.strip().partition(" ") for column in given["columns"]]
    columns = [{"name": column, "type": type_.strip()} for column, _, type_ in pairs]
    document = read_document(json.dumps({**given, "name": name, "columns": columns}), "--column")
    table = validate(Table, document)
    if table is None or document.problems:
        raise Refused(replace(problem, line=None) for problem in document.problems)
    return Introspection(source.model_copy(update={"tables": (*source.tables, table)}))


def _placed(tables: Sequence[Table], new: Table) -> tuple[Table, ...]:
    """The tables with the new one: in alphabetical position if they are sorted, otherwise at the end."""
    names = [table.name for table in tables]
    if names != sorted(names):
        return (*tables, new)
    place = sum(name < new.name for name in names)
    return (*tables[:place], new, *tables[place:])


def _among(table: Table, names: set[str]) -> Table:
    """The table without references to tables outside the names."""

    def column(each: Column) -> Column:
        known = not each.references or each.references.partition(".")[0] in names
        return each if known else each.model_copy(update={"references": None, "inferred": False})

    references = tuple(each for each in table.references if each.to in names)
    line_of = table.line_of if table.line_of in names else None
    columns = tuple(map(column, table.columns))
    return table.model_copy(update={"columns": columns, "references": references, "line_of": line_of})


def _with_free_marts(others: Sequence[Source], seen: Introspection) -> Introspection:
    """The proposal with a new `entity` for each table whose mart another source already builds."""
    tables, reasons = list(seen.source.tables), dict(seen.reasons)
    taken = {table.entity or table.name for source in others for table in source.tables}
    for finding in same_marts([*others, seen.source]):
        if finding.source == len(others):
            place = finding.path[1]
            table = tables[place]
            entity = distinct(f"{seen.source.name}_{table.entity or table.name}", taken)
            taken.add(entity)
            tables[place] = table.model_copy(update={"entity": entity})
            reasons["tables", table.name, "entity"] = finding.reason.replace("`", "")
    return Introspection(seen.source.model_copy(update={"tables": tuple(tables)}), reasons)
