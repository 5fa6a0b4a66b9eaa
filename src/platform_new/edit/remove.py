"""Removals from the spec."""

from __future__ import annotations

from collections.abc import Iterator

from platform_new.documents.document import read_document
from platform_new.edit.names import find_stream, find_table, find_topic
from platform_new.edit.spec_files import SpecFiles, source_path
from platform_new.edit.uses import change_uses, uses_of
from platform_new.errors import Problem, Refused
from platform_new.spec.events.models import EventSource, Topic
from platform_new.spec.models import Source, Table

HINT = "remove that first, or add --with-references to remove it as well"


def remove_source(files: SpecFiles, name: str, *, with_references: bool = False) -> str:
    """Remove a source, on request with what uses its tables, and return a summary.

    Raises `Refused` if there is no such source, or if its tables are used, with the line of each use.
    """
    files.source(name)
    _drop_uses(files, [], f"{name}.", with_references)
    files.remove_source(name)
    return f"Remove the source {name}"


def _drop_uses(files: SpecFiles, problems: list[Problem], place: str, with_references: bool) -> None:
    """Drop what uses a removed place from outside of its file. Raises `Refused` with all problems unless requested."""
    problems = [*problems, *uses_of(files, place, HINT)]
    if problems and not with_references:
        raise Refused(problems)
    change_uses(files, place, lambda _: None)


def remove_table(files: SpecFiles, name: str, *, with_references: bool = False) -> str:
    """Remove a table, on request with the references to it, and return a summary.

    Raises `Refused` if it is the only table of its source, or if others refer to it, with the line of each reference.
    """
    source, table = find_table(files.sources(), name)
    rest = tuple(each for each in source.tables if each is not table)
    if not rest:
        hint = f"remove the source: `platform-new remove source {source.name}`"
        raise Refused(Problem("this is the only table of its source", hint, source_path(source.name), value=table.name))
    _drop_uses(files, list(_references(files, source, table)), f"{source.name}.{table.name}.", with_references)
    rest = tuple(_without_references(each, table.name) for each in rest)
    files.change_source(source.model_copy(update={"tables": rest}))
    return f"Remove the table {source.name}.{table.name}"


def remove_topic(files: SpecFiles, name: str, *, with_references: bool = False) -> str:
    """Remove a topic, on request with the streams that read it, and return a summary.

    Raises `Refused` if it is the only topic of its source, or if streams read it, with the line of each stream.
    """
    source, topic = find_topic(files.event_sources(), name)
    rest = tuple(each for each in source.topics if each is not topic)
    if not rest:
        hint = f"remove the source: `platform-new remove source {source.name}`"
        raise Refused(Problem("this is the only topic of its source", hint, source_path(source.name), value=topic.name))
    problems = list(_streams_of(files, source, topic))
    if problems and not with_references:
        raise Refused(problems)
    streams = tuple(stream for stream in source.streams if stream.topic != topic.name)
    files.change_source(source.model_copy(update={"topics": rest, "streams": streams}))
    return f"Remove the topic {source.name}.{topic.name}"


def remove_stream(files: SpecFiles, name: str) -> str:
    """Remove a stream, and return a summary."""
    source, stream = find_stream(files.event_sources(), name)
    streams = tuple(each for each in source.streams if each is not stream)
    files.change_source(source.model_copy(update={"streams": streams}))
    return f"Remove the stream {source.name}.{stream.name}"


def _streams_of(files: SpecFiles, source: EventSource, topic: Topic) -> Iterator[Problem]:
    """A problem for each stream that reads the topic."""
    path = source_path(source.name)
    document = read_document(files.text(path).removeprefix("\ufeff"), path)
    for number, stream in enumerate(source.streams):
        if stream.topic == topic.name:
            yield document.problem(("streams", number, "topic"), f"`{stream.name}` reads it", HINT, topic.name)


def _references(files: SpecFiles, source: Source, to: Table) -> Iterator[Problem]:
    """A problem for each reference from another table."""
    path = source_path(source.name)
    document = read_document(files.text(path).removeprefix("\ufeff"), path)
    for number, table in enumerate(source.tables):
        if table.name == to.name:
            continue
        here = ("tables", number)
        for place, column in enumerate(table.columns):
            if (column.references or "").partition(".")[0] == to.name:
                there = (*here, "columns", place, "references")
                yield document.problem(there, f"`{table.name}.{column.name}` refers to it", HINT, to.name)
        for place, reference in enumerate(table.references):
            if reference.to == to.name:
                columns = ", ".join(reference.columns)
                yield document.problem(
                    (*here, "references", place), f"`{table.name}` ({columns}) refers to it", HINT, to.name
                )
        if table.line_of == to.name:
            yield document.problem((*here, "line_of"), f"`{table.name}` contains its lines", HINT, to.name)


def _without_references(table: Table, to: str) -> Table:
    """The table without its references to another, and without what a reference alone may have."""
    gone = {each.name for each in table.columns if (each.references or "").partition(".")[0] == to}
    nothing = {"references": None, "inferred": False, "fold": None}
    return table.model_copy(
        update={
            "columns": tuple(each.model_copy(update=nothing) if each.name in gone else each for each in table.columns),
            "references": tuple(each for each in table.references if each.to != to),
            "line_of": None if table.line_of == to else table.line_of,
            "weights_of": None if table.weights_of in gone else table.weights_of,
        }
    )
