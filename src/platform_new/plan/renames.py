"""A spec under the names from before its renames, so that the plan knows what each file was called.

`renamed_from` stays in the spec, and a repository is updated when its team likes. So which of the renames are news to
a repository is not known here: every combination is given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from platform_new.spec.models import Column, Source, Spec, Table
from platform_new.spec.streams import EventField, EventSource, Stream, Topic

Renamed = Source | EventSource | Table | Topic | Stream


def named_before(spec: Spec) -> tuple[Spec, ...]:
    """The spec with its tables, topics and streams, its sources, and all of these as they were named before.

    That is as far as any was renamed. All are in the order of the spec. A name that another has today is left alone.
    """
    tables = _with_tables_before(spec)
    found: list[Spec] = []
    for earlier in (tables, _with_sources_before(spec), _with_sources_before(tables)):
        if earlier != spec and earlier not in found:
            found.append(earlier)
    return tuple(found)


def _with_sources_before(spec: Spec) -> Spec:
    names = _names_before((*spec.sources, *spec.event_sources))

    def reference(name: str) -> str:
        source, _, rest = name.partition(".")
        return f"{names.get(source, source)}.{rest}"

    def named(source: Source | EventSource) -> Source | EventSource:
        return source.model_copy(update={"name": names[source.name]})

    events = tuple(named(_with_references(source, reference)) for source in spec.event_sources)
    return spec.model_copy(update={"sources": tuple(map(named, spec.sources)), "event_sources": events})


def _with_tables_before(spec: Spec) -> Spec:
    names = {source.name: _names_before(source.tables) for source in spec.sources}
    names |= {source.name: _names_before(source.streams) for source in spec.event_sources}

    def reference(name: str) -> str:
        source, table, *column = name.split(".")
        return ".".join((source, names.get(source, {}).get(table, table), *column))

    sources = tuple(_source_before(source, names[source.name]) for source in spec.sources)
    events = tuple(_with_references(_events_before(source), reference) for source in spec.event_sources)
    return spec.model_copy(update={"sources": sources, "event_sources": events})


def _source_before(source: Source, names: dict[str, str]) -> Source:
    if all(name == before for name, before in names.items()):
        return source
    return source.model_copy(update={"tables": tuple(_table_before(table, names) for table in source.tables)})


def _events_before(source: EventSource) -> EventSource:
    """The source with its topics and streams as they were named before."""
    topics, streams = _names_before(source.topics), _names_before(source.streams)
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
    """The source with what its fields refer to, and its streams are corrected by, under other names."""

    def field(each: EventField) -> EventField:
        return each.model_copy(update={"references": to(each.references)}) if each.references else each

    topics = (topic.model_copy(update={"fields": tuple(map(field, topic.fields))}) for topic in source.topics)
    streams = (
        stream.model_copy(update={"corrected_by": to(stream.corrected_by)}) if stream.corrected_by else stream
        for stream in source.streams
    )
    return source.model_copy(update={"topics": tuple(topics), "streams": tuple(streams)})


def _names_before(renamed: Iterable[Renamed]) -> dict[str, str]:
    """The names from before by those of today; of two that claim one name the first has it."""
    renamed = tuple(renamed)
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
