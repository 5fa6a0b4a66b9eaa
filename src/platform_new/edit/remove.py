"""Removals from the spec."""

from __future__ import annotations

from collections.abc import Iterator

from platform_new.edit.names import find_table
from platform_new.edit.spec_files import SpecFiles, source_path
from platform_new.errors import Problem, Refused
from platform_new.spec.document import read_document
from platform_new.spec.models import Source, Table


def remove_source(files: SpecFiles, name: str) -> str:
    """Take a source out. Says what was done; raises `Refused` if there is none."""
    files.source(name)
    files.remove_source(name)
    return f"Remove the source {name}"


def remove_table(files: SpecFiles, word: str, *, with_references: bool = False) -> str:
    """Take a table out, and if asked the references of others to it. Says what was done.

    Raises `Refused` if it is the last one of its source, or if others refer to it, with the line of each reference.
    """
    source, table = find_table(files.sources(), word)
    rest = tuple(each for each in source.tables if each is not table)
    if not rest:
        cure = f"remove the source: `platform-new remove source {source.name}`"
        raise Refused(Problem("it is the only table of its source", cure, source_path(source.name), value=table.name))
    problems = list(_references(files, source, table))
    if problems and not with_references:
        raise Refused(problems)
    rest = tuple(_without_references(each, table.name) for each in rest)
    files.change_source(source.model_copy(update={"tables": rest}))
    return f"Remove the table {source.name}.{table.name}"


def _references(files: SpecFiles, source: Source, to: Table) -> Iterator[Problem]:
    """A problem for each reference of another table."""
    path = source_path(source.name)
    document = read_document(files.text(path).removeprefix("\ufeff"), path)
    cure = "delete that first, or add --with-references to remove it as well"
    for number, table in enumerate(source.tables):
        if table.name == to.name:
            continue
        here = ("tables", number)
        for place, column in enumerate(table.columns):
            if (column.references or "").partition(".")[0] == to.name:
                there = (*here, "columns", place, "references")
                yield document.problem(there, f"`{table.name}.{column.name}` refers to it", cure, to.name)
        for place, reference in enumerate(table.references):
            if reference.to == to.name:
                columns = ", ".join(reference.columns)
                yield document.problem(
                    (*here, "references", place), f"`{table.name}` ({columns}) refers to it", cure, to.name
                )
        if table.line_of == to.name:
            yield document.problem((*here, "line_of"), f"`{table.name}` has its lines", cure, to.name)


def _without_references(table: Table, to: str) -> Table:
    columns = tuple(
        each.model_copy(update={"references": None}) if (each.references or "").partition(".")[0] == to else each
        for each in table.columns
    )
    references = tuple(each for each in table.references if each.to != to)
    line_of = None if table.line_of == to else table.line_of
    return table.model_copy(update={"columns": columns, "references": references, "line_of": line_of})
