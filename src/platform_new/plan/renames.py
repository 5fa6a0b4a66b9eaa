"""A spec under the former names of its renamed items, so that the plan knows the former path of each file.

`renamed_from` stays in the spec, and teams update their repositories at any time. So it is unknown which renames a
repository already has, and every combination is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from platform_new.spec.base import AnySource
from platform_new.spec.events.models import EventField, EventSource, Join, Stream, Topic
from platform_new.spec.models import Column, Reference, Source, Spec, Table, with_formulas, with_unit
from platform_new.spec.names import former_names

Renamed = AnySource | Table | Column | Topic | Stream
Names = Mapping[str, Mapping[str, str]]
"""The former names of the columns of each table, by their current names; by the table's full name."""


def under_former_names(spec: Spec) -> tuple[Spec, ...]:
    """The spec under each combination of former names of tables, topics, streams, marts, sources and columns.

    They go back rename by rename, up to the oldest names. All are in the order of the spec. A former name that another
    item has now is not used.
    """
    earlier = [spec]
    for with_names_before in KINDS:
        for known in tuple(earlier):
            for times in range(1, _longest(spec) + 1):
                each = with_names_before(known, times)
                earlier += [each] if each not in earlier else []
    return tuple(earlier[1:])


def _longest(spec: Spec) -> int:
    """The number of renames of the item that was renamed most often."""
    tables = [table for source in spec.sources for table in source.tables]
    columns = [column for table in tables for column in table.columns]
    events = [each for source in spec.event_sources for each in (*source.topics, *source.streams)]
    renamed = (*spec.all_sources, *tables, *columns, *events)
    times = [len(former_names(each)) for each in renamed]
    return max(times + [len(table.former_entities) for table in tables], default=0)


def _with_marts_before(spec: Spec, times: int) -> Spec:
    taken = {table.entity or table.name for source in spec.sources for table in source.tables}

    def before(table: Table) -> Table:
        entity = (None, *table.former_entities)[: times + 1][-1]
        if not entity or entity in taken:
            return table
        taken.add(entity)
        return table.model_copy(update={"entity": entity})

    sources = tuple(
        source.model_copy(update={"tables": tuple(map(before, source.tables))})
        if any(table.former_entities for table in source.tables)
        else source
        for source in spec.sources
    )
    return spec.model_copy(update={"sources": sources})


def _with_sources_before(spec: Spec, times: int) -> Spec:
    names = _names_before(spec.all_sources, times)

    def reference(name: str) -> str:
        source, _, rest = name.partition(".")
        return f"{names.get(source, source)}.{rest}"

    def named(source: AnySource) -> AnySource:
        return source.model_copy(update={"name": names[source.name]})

    events = tuple(named(_with_references(source, reference)) for source in spec.event_sources)
    return spec.model_copy(update={"sources": tuple(map(named, spec.sources)), "event_sources": events})


def _with_columns_before(spec: Spec, times: int) -> Spec:
    names = {
        f"{source.name}.{table.name}": _names_before(table.columns, times)
        for source in spec.sources
        for table in source.tables
    }
    names = {table: columns for table, columns in names.items() if any(new != old for new, old in columns.items())}
    if not names:
        return spec

    def reference(name: str) -> str:
        table, _, column = name.rpartition(".")
        return f"{table}.{names.get(table, {}).get(column, column)}" if table in names else name

    sources = tuple(
        source.model_copy(
            update={"tables": tuple(_with_own_columns_before(source.name, table, names) for table in source.tables)}
        )
        for source in spec.sources
    )
    events = tuple(
        _with_references(_with_joined_columns_before(source, names), reference) for source in spec.event_sources
    )
    return spec.model_copy(update={"sources": sources, "event_sources": events})


def _with_joined_columns_before(source: EventSource, names: Names) -> EventSource:
    """The source with the former names of the columns that its streams join."""

    def join(each: Join, topic: Topic | None) -> Join:
        field = topic.field(each.field) if topic else None
        known = names.get((field.references or "").rpartition(".")[0], {}) if field else {}
        columns = (
            column.model_copy(update={"column": known.get(column.source_name, column.source_name)})
            for column in each.columns
        )
        return each.model_copy(update={"columns": tuple(columns)}) if known else each

    streams = (
        stream.model_copy(update={"joins": tuple(join(each, source.topic(stream.topic)) for each in stream.joins)})
        for stream in source.streams
    )
    return source.model_copy(update={"streams": tuple(streams)})


def _with_own_columns_before(source: str, table: Table, names: Names) -> Table:
    """The table with the former names of its columns, and of the columns that it refers to."""

    def before(columns: Iterable[str], of_table: str = table.name) -> tuple[str, ...]:
        known = names.get(f"{source}.{of_table}", {})
        return tuple(known.get(column, column) for column in columns)

    def column(each: Column) -> Column:
        update: dict[str, str] = {"name": before([each.name])[0], "origin": each.source_name}
        if each.references:
            to, _, there = each.references.rpartition(".")
            update["references"] = f"{to}.{before([there], to)[0]}"
        return with_unit(each.model_copy(update=update), names.get(f"{source}.{table.name}", {}))

    def reference(each: Reference) -> Reference:
        return each.model_copy(update={"columns": before(each.columns), "to_columns": before(each.to_columns, each.to)})

    cursor = table.load.cursor
    return table.model_copy(
        update={
            "columns": tuple(map(column, table.columns)),
            "key": before(table.key),
            "unique": tuple(map(before, table.unique)),
            "references": tuple(map(reference, table.references)),
            "event_time": table.event_time and before([table.event_time])[0],
            "weights_of": table.weights_of and before([table.weights_of])[0],
            "measures": with_formulas(table.measures, names.get(f"{source}.{table.name}", {})),
            "load": table.load.model_copy(update={"cursor": cursor and before([cursor])[0]}),
        }
    )


def _with_tables_before(spec: Spec, times: int) -> Spec:
    names = {source.name: _names_before(source.tables, times) for source in spec.sources}
    names |= {source.name: _names_before(source.streams, times) for source in spec.event_sources}

    def reference(name: str) -> str:
        source, table, *column = name.split(".")
        return ".".join((source, names.get(source, {}).get(table, table), *column))

    sources = tuple(_source_before(source, names[source.name]) for source in spec.sources)
    events = tuple(_with_references(_events_before(source, times), reference) for source in spec.event_sources)
    return spec.model_copy(update={"sources": sources, "event_sources": events})


def _source_before(source: Source, names: dict[str, str]) -> Source:
    if all(name == before for name, before in names.items()):
        return source
    return source.model_copy(update={"tables": tuple(_table_before(table, names) for table in source.tables)})


def _events_before(source: EventSource, times: int) -> EventSource:
    """The source with the former names of its topics and streams."""
    topics, streams = _names_before(source.topics, times), _names_before(source.streams, times)
    return source.model_copy(
        update={
            "topics": tuple(topic.model_copy(update={"name": topics[topic.name]}) for topic in source.topics),
            "streams": tuple(
                stream.model_copy(update={"name": streams[stream.name], "topic": topics[stream.topic]})
                for stream in source.streams
            ),
        }
    )


def _with_references(source: EventSource, to: Callable[[str], str]) -> EventSource:
    """The source with other names for the columns and tables that its fields and streams refer to."""

    def field(each: EventField) -> EventField:
        return each.model_copy(update={"references": to(each.references)}) if each.references else each

    topics = (topic.model_copy(update={"fields": tuple(map(field, topic.fields))}) for topic in source.topics)
    streams = (
        stream.model_copy(update={"corrected_by": to(stream.corrected_by)}) if stream.corrected_by else stream
        for stream in source.streams
    )
    return source.model_copy(update={"topics": tuple(topics), "streams": tuple(streams)})


def _names_before(renamed: Iterable[Renamed], times: int) -> dict[str, str]:
    """The names before the last `times` renames, by the current names; if two items claim a name, the first has it."""
    renamed = tuple(renamed)
    taken = {each.name for each in renamed}
    names = {}
    for each in renamed:
        before = (None, *former_names(each))[: times + 1][-1]
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


KINDS = (_with_columns_before, _with_marts_before, _with_tables_before, _with_sources_before)
"""For each kind of item, the function that gives it its former names."""
