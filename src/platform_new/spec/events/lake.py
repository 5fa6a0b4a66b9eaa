"""The tables that the streams of a source keep in the lake, described like the tables of any source.

So everything downstream of the lake (loading, staging, marts, contracts) is generated as for other sources.
"""

from __future__ import annotations

from collections.abc import Iterable

from platform_new.spec.data_type import MAX_PRECISION, DataType, decimal
from platform_new.spec.events.joins import with_joined
from platform_new.spec.events.models import Aggregate, EventField, EventSource, Stream, Topic
from platform_new.spec.models import Column, Load, Source, Spec, Table

POSITION = ("kafka_partition", "kafka_offset")
"""The position of an event in its topic, which identifies the event."""

WINDOW = ("window_start", "window_end")
LAST_BATCH = "last_batch"
"""The number of the last batch that changed a row, which serves as the cursor of loads."""
BATCH = LAST_BATCH.removeprefix("last_")
"""The number of the batch that added a row: a column that every table in the lake has."""
PARTS = ("__sum", "__count")
"""The suffixes of the columns that an average is computed from."""
RESERVED = frozenset({*POSITION, *WINDOW, BATCH, LAST_BATCH, "seen", "late"})
"""The column names that the jobs use themselves; `seen` and `late` are for tracking late events in a batch."""


def lake_source(source: EventSource, others: Iterable[Source]) -> Source:
    """A source with a table for each stream, in their order; `others` are the sources that streams may join."""
    others = tuple(others)
    return Source.model_construct(
        name=source.name,
        renamed_from=source.renamed_from,
        older_names=source.older_names,
        kind=source.kind,
        description=source.description,
        owner=source.owner,
        connection=f"{source.name.upper()}_LAKE",
        schedule=source.schedule,
        drift="evolve",
        tables=tuple(
            _table(stream, with_joined(topic, stream, others))
            for stream in source.streams
            if (topic := source.topic(stream.topic)) is not None
        ),
    )


def lake_sources(spec: Spec) -> tuple[Source, ...]:
    """The tables in the lake of every source of events, in their order."""
    return tuple(lake_source(source, spec.sources) for source in spec.event_sources)


def result_type(aggregate: Aggregate, topic: Topic) -> str:
    """The type of an aggregate of the topic's events, as its stream sees them."""
    if aggregate.function == "count":
        return "bigint"
    if aggregate.function == "avg":
        return "double"
    field = topic.field(aggregate.field or "")
    if field is None or aggregate.function != "sum":
        return field.type if field else "text"
    of = DataType.parse(field.type)
    if of.is_whole:
        return "bigint"
    return field.type if of.precision is None else decimal(MAX_PRECISION, of.scale or 0)


def _table(stream: Stream, topic: Topic) -> Table:
    if stream.window is None:
        columns = (
            *(Column(name=name, type="bigint", required=True) for name in POSITION),
            *(_column(field, topic) for field in topic.fields),
            Column(name=LAST_BATCH, type="bigint", required=True),
        )
        key, event_time = POSITION, topic.event_time
    else:
        groups = [field for name in stream.group_by if (field := topic.field(name))]
        columns = (
            *(Column(name=name, type="timestamptz", required=True) for name in WINDOW),
            *(_column(field, topic, required=True) for field in groups),
            *(_aggregate(aggregate, topic) for aggregate in stream.aggregates),
            Column(name=LAST_BATCH, type="bigint", required=True),
        )
        key, event_time = (WINDOW[0], *stream.group_by), WINDOW[0]
    return Table(
        name=stream.name,
        origin=stream.origin,
        version=stream.version,
        description=stream.description,
        role="fact",
        event_time=event_time,
        load=Load(mode="incremental", cursor=LAST_BATCH),
        key=key,
        columns=columns,
    )


def _column(field: EventField, topic: Topic, *, required: bool = False) -> Column:
    nested = field.is_nested
    return Column(
        name=field.name,
        type="json" if nested else field.type,
        required=required or field.required or field.name == topic.event_time,
        references=None if nested else field.references,
        values=None if nested else field.values,
        min=None if nested else field.min,
        max=None if nested else field.max,
        pii=field.pii,
        description=field.description,
    )


def _aggregate(aggregate: Aggregate, topic: Topic) -> Column:
    return Column(
        name=aggregate.name,
        type=result_type(aggregate, topic),
        required=aggregate.function == "count",
        description=aggregate.description,
    )
