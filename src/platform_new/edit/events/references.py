"""References from sources of events to tables: a field `references` a column, which streams use to join its table.

A stream can also be `corrected_by` a table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from platform_new.documents.document import Path, read_document
from platform_new.edit.spec_files import SpecFiles, source_path
from platform_new.errors import Problem
from platform_new.spec.events.models import EventField, EventSource, Join, Stream


def references_to(files: SpecFiles, place: str, hint: str) -> Iterator[Problem]:
    """A problem for each field and stream that points into `source.` or `source.table.`, with its line.

    A source's references to itself are removed with it, and are not reported.
    """
    for source in (each for each in files.event_sources() if f"{each.name}." != place):
        path = source_path(source.name)
        document = read_document(files.text(path).removeprefix("\ufeff"), path)
        for number, topic in enumerate(source.topics):
            for field, there in _pointing(topic.fields, ("topics", number), place):
                reason = f"`{source.name}.{topic.name}.{field.name}` refers to it"
                yield document.problem((*there, "references"), reason, hint, field.references)
        for number, stream in enumerate(source.streams):
            for position, join in enumerate(stream.joins):
                if (_reference(source, stream, join) or "").startswith(place):
                    there = ("streams", number, "joins", position, "field")
                    yield document.problem(there, f"`{source.name}.{stream.name}` joins it", hint, join.field)
            if f"{stream.corrected_by}.".startswith(place):
                reason = f"`{source.name}.{stream.name}` is corrected by it"
                yield document.problem(("streams", number, "corrected_by"), reason, hint, stream.corrected_by)


def change_references(files: SpecFiles, place: str, to: Callable[[str], str | None]) -> None:
    """Redirect or drop the references into `source.` or `source.table.`."""
    for source in files.event_sources():
        changed = with_references(source, lambda name: to(name) if name.startswith(place) else name)
        if changed != source:
            files.change_source(changed)


def with_references(source: EventSource, to: Callable[[str], str | None]) -> EventSource:
    """The source with the target of every reference replaced; the target of a table ends in a dot.

    A stream whose join lost its target is removed: its columns would be missing.
    """
    topics = (topic.model_copy(update={"fields": _replaced(topic.fields, to)}) for topic in source.topics)
    streams = (
        stream.model_copy(update={"corrected_by": (to(f"{stream.corrected_by}.") or "").removesuffix(".") or None})
        if stream.corrected_by
        else stream
        for stream in source.streams
        if all(to(place) for join in stream.joins if (place := _reference(source, stream, join)))
    )
    return source.model_copy(update={"topics": tuple(topics), "streams": tuple(streams)})


def rename_joined(files: SpecFiles, table: str, old: str, new: str) -> None:
    """Use a column's new name in streams that join `source.table`; their own name for the column stays."""

    def renamed(join: Join) -> Join:
        columns = (
            each.model_copy(update={"column": new if new != each.name else None}) if each.source_name == old else each
            for each in join.columns
        )
        return join.model_copy(update={"columns": tuple(columns)})

    for source in files.event_sources():
        streams = []
        for stream in source.streams:
            of_table = (
                renamed(join) if (_reference(source, stream, join) or "").startswith(f"{table}.") else join
                for join in stream.joins
            )
            streams.append(stream.model_copy(update={"joins": tuple(of_table)}))
        if tuple(streams) != source.streams:
            files.change_source(source.model_copy(update={"streams": tuple(streams)}))


def _reference(source: EventSource, stream: Stream, join: Join) -> str | None:
    """The target of a join's field."""
    topic = source.topic(stream.topic)
    field = topic.field(join.field) if topic else None
    return field.references if field else None


def _replaced(fields: tuple[EventField, ...], to: Callable[[str], str | None]) -> tuple[EventField, ...]:
    return tuple(
        field.model_copy(
            update={
                "references": to(field.references) if field.references else None,
                "fields": _replaced(field.fields, to),
            }
        )
        for field in fields
    )


def _pointing(fields: tuple[EventField, ...], above: Path, place: str) -> Iterator[tuple[EventField, Path]]:
    for number, field in enumerate(fields):
        here = (*above, "fields", number)
        if field.references and field.references.startswith(place):
            yield field, here
        yield from _pointing(field.fields, here, place)
