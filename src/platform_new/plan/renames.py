"""A spec under the names from before its renames, so that the plan knows what each file was called.

`renamed_from` stays in the spec, and a repository is updated when its team likes. So which of the renames are news to
a repository is not known here: every combination is given.
"""

from __future__ import annotations

from collections.abc import Iterable

from platform_new.spec.models import Column, Source, Spec, Table


def named_before(spec: Spec) -> tuple[Spec, ...]:
    """The spec with its tables, its sources, and both as they were named before, as far as any was renamed.

    Sources and tables are in the order of the spec. A name that another has today is left alone.
    """
    tables = spec.model_copy(update={"sources": tuple(_with_tables_before(source) for source in spec.sources)})
    found: list[Spec] = []
    for earlier in (tables, _with_sources_before(spec), _with_sources_before(tables)):
        if earlier != spec and earlier not in found:
            found.append(earlier)
    return tuple(found)


def _with_sources_before(spec: Spec) -> Spec:
    names = _names_before(spec.sources)
    sources = tuple(source.model_copy(update={"name": names[source.name]}) for source in spec.sources)
    return spec.model_copy(update={"sources": sources})


def _with_tables_before(source: Source) -> Source:
    names = _names_before(source.tables)
    if all(name == before for name, before in names.items()):
        return source
    return source.model_copy(update={"tables": tuple(_table_before(table, names) for table in source.tables)})


def _names_before(renamed: Iterable[Source | Table]) -> dict[str, str]:
    """The names from before by those of today; of two that claim one name the first has it."""
    taken = {each.name for each in renamed}
    names = {}
    for each in renamed:
        before = each.renamed_from
        names[each.name] = before if before and before not in taken else each.name
        taken.add(names[each.name])
    return names


def _table_before(table: Table, names: dict[str, str]) -> Table:
    return table.model_copy(
        update={
            "name": names[table.name],
            "line_of": table.line_of and names.get(table.line_of, table.line_of),
            "references": tuple(
                reference.model_copy(update={"to": names.get(reference.to, reference.to)})
                for reference in table.references
            ),
            "columns": tuple(_column_before(column, names) for column in table.columns),
        }
    )


def _column_before(column: Column, names: dict[str, str]) -> Column:
    if not column.references:
        return column
    table, _, there = column.references.partition(".")
    return column.model_copy(update={"references": f"{names.get(table, table)}.{there}"})
