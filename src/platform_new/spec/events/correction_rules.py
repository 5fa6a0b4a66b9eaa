"""The rules for streams that a table corrects, and for platforms whose choices rule out sources with tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from platform_new.catalog import Axis, Catalog, Choice
from platform_new.documents.suggest import did_you_mean
from platform_new.spec.defaults import choices_of, fitting
from platform_new.spec.events.joins import with_joined
from platform_new.spec.events.lake import WINDOW, lake_sources
from platform_new.spec.events.models import EventSource, Stream, Topic
from platform_new.spec.findings import Finding, Path
from platform_new.spec.models import Platform, Source, Spec, Table

CORRECTED_BY: Path = ("corrected_by",)
SERVED_FROM = "served_from"
"""The column that says where a served row comes from: the stream or the table."""


def check_corrections(spec: Spec, catalog: Catalog) -> Iterator[Finding]:
    """Every rule that a stream with `corrected_by` breaks."""
    loaded = (*spec.sources, *lake_sources(spec))
    tables = {f"{source.name}.{each.name}": each for source in loaded for each in source.tables if not each.exclude}
    for index, source in enumerate(spec.event_sources, start=len(spec.sources)):
        for place, stream in enumerate(source.streams):
            if stream.corrected_by:
                found = [*_served(spec.platform, catalog), *_correction(stream, source, tables, spec.sources)]
                for each in found:
                    yield Finding(("streams", place, *each.path), each.reason, each.hint, each.value, index)


def check_tables(spec: Spec, catalog: Catalog) -> Iterator[Finding]:
    """Sources with tables on a platform whose choices do not support them."""
    for axis, choice in _chosen(spec.platform, catalog):
        other = fitting(axis, spec.all_sources, catalog)
        for source in spec.sources if choice.sheet.no_tables else ():
            reason = f"the source `{source.name}` has tables: {choice.sheet.no_tables}"
            hint = f"write `{axis.name}: {other}`, or delete the source"
            yield Finding((axis.name,), reason, hint, choice.name)


def _chosen(platform: Platform | None, catalog: Catalog) -> Iterator[tuple[Axis, Choice]]:
    for axis in catalog.questions if platform else ():
        yield from ((axis, choice) for choice in choices_of(platform, axis))


def _served(platform: Platform | None, catalog: Catalog) -> Iterator[Finding]:
    if platform and not any(choice.sheet.served_from for _, choice in _chosen(platform, catalog)):
        able = [
            f"`{axis.name}: {name}`"
            for axis in catalog.questions
            for name, choice in axis.choices.items()
            if choice.sheet.served_from
        ]
        reason = "no choice in `platform.yml` serves a stream together with the table that corrects it"
        yield Finding(CORRECTED_BY, reason, f"write {' or '.join(able)} in `platform.yml`, or delete this line")


def _correction(
    stream: Stream, source: EventSource, tables: Mapping[str, Table], others: tuple[Source, ...]
) -> Iterator[Finding]:
    name = stream.corrected_by or ""
    if stream.window is None:
        hint = "add `window:` and `aggregates:`, or delete this line"
        reason = "only windowed aggregates can be corrected, and the rows of this stream are events"
        yield Finding(CORRECTED_BY, reason, hint, name)
    elif stream.window.seconds[0] != stream.window.seconds[1]:
        reason = "the windows overlap, so a row of the table would fall into several of them"
        yield Finding(CORRECTED_BY, reason, "delete the window's `slide:`, or this line", name)
    if SERVED_FROM in (*stream.group_by, *(each.name for each in stream.aggregates)):
        reason = f"the served rows have a column `{SERVED_FROM}` of their own, which says where a row comes from"
        yield Finding(CORRECTED_BY, reason, "rename the stream's column", SERVED_FROM)
    table = tables.get(name)
    if table is None:
        hint = did_you_mean(name, tables) or "name a table of a source, as `source.table`"
        yield Finding(CORRECTED_BY, "no source has this table", hint, name)
    elif name == f"{source.name}.{stream.name}":
        yield Finding(CORRECTED_BY, "this is the stream's own table", "name the table that holds the facts", name)
    else:
        yield from _times(table, name)
        topic = source.topic(stream.topic)
        yield from _columns(stream, with_joined(topic, stream, others), table, name) if topic else ()


def _times(table: Table, name: str) -> Iterator[Finding]:
    column = table.column(table.event_time or "")
    if column is None:
        hint = f"add `event_time:` to `{name}`"
        yield Finding(CORRECTED_BY, "the table has no event time", hint, name)
    elif not column.data_type.is_timestamp or column.exclude:
        state = "is excluded" if column.exclude else f"is of type {column.type}, not a timestamp"
        reason = f"the table's event time `{column.name}` {state}"
        yield Finding(CORRECTED_BY, reason, "set its `event_time:` to another column, or name another table", name)
    elif column.name in WINDOW:
        reason = f"the table's event time `{column.name}` has the same name as a column of the windows"
        yield Finding(CORRECTED_BY, reason, "rename the column, or name the table that holds the facts", name)


def _columns(stream: Stream, topic: Topic, table: Table, name: str) -> Iterator[Finding]:
    """The fields that windows and aggregates use must be columns of the table too, under the same names."""
    needed = [*stream.group_by, *(each.field for each in stream.aggregates if each.field)]
    for field in (topic.field(each) for each in dict.fromkeys(needed)):
        column = table.column(field.name) if field else None
        if field is None:
            continue
        if column is None or column.exclude:
            hint = "name the field like the table's column and put its own name in `origin:`, or delete this line"
            yield Finding(CORRECTED_BY, f"`{name}` has no column `{field.name}`, which the stream needs", hint, name)
        elif field.data_type is None or not field.data_type.compares_with(column.data_type):
            reason = f"`{field.name}` is of type {field.type} in the event and of type {column.type} in `{name}`"
            yield Finding(CORRECTED_BY, reason, "give both the same type, or delete this line", name)
        elif field.name in stream.group_by and not column.required:
            reason = f"rows of `{name}` without a `{field.name}` would have no group"
            yield Finding(CORRECTED_BY, reason, f"write `required: true` for the column `{field.name}`", name)
