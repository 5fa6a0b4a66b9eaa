"""What the joins of a stream add to its events: columns of the row that a field of the event refers to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from platform_new.spec.events.models import EventField, Join, Stream, Topic
from platform_new.spec.models import Column, Source, Table

UNKNOWN = "unknown"
"""The group of the events without a matching row in the joined table."""
GROWS = "without a bound in time, a join of two streams would have to keep every event of both forever"
APART = "keep both as separate streams without a window, and join their tables in a mart"


@dataclass(frozen=True)
class Joined:
    """A join with the table that it leads to, the column that its rows are looked up by, and the source of both."""

    join: Join
    source: Source
    table: Table
    key: Column

    @property
    def place(self) -> str:
        """The column that rows are looked up by, as `source.table.column`."""
        return f"{self.source.name}.{self.table.name}.{self.key.name}"

    @property
    def is_unique(self) -> bool:
        """Whether no two rows share a key, so that the join does not duplicate events."""
        alone = (self.key.name,)
        return self.key.unique or self.table.key == alone or alone in self.table.unique

    @property
    def columns(self) -> tuple[tuple[str, Column], ...]:
        """The joined columns that exist and are not excluded, under the stream's names for them."""
        found = ((each.name, self.table.column(each.source_name)) for each in self.join.columns)
        return tuple((name, column) for name, column in found if column and not column.exclude)


def joined(join: Join, topic: Topic, others: Iterable[Source]) -> Joined | None:
    """The join with its table, or None if its field does not exist or refers to nothing that is loaded."""
    field = topic.field(join.field)
    source_name, _, place = ((field and field.references) or "..").partition(".")
    table_name, _, column_name = place.partition(".")
    source = next((each for each in others if each.name == source_name), None)
    table = source.table(table_name) if source else None
    column = table.column(column_name) if table else None
    if source is None or table is None or column is None or table.exclude or column.exclude:
        return None
    return Joined(join, source, table, column)


def with_joined(topic: Topic, stream: Stream, others: Iterable[Source]) -> Topic:
    """The topic as the stream sees it: with the joined columns added to its events."""
    added = tuple(_fields(topic, stream, tuple(others)))
    return topic.model_copy(update={"fields": (*topic.fields, *added)}) if added else topic


def joined_names(stream: Stream) -> tuple[str, ...]:
    """The stream's names for the columns that it joins."""
    return tuple(column.name for join in stream.joins for column in join.columns)


def _fields(topic: Topic, stream: Stream, others: tuple[Source, ...]) -> Iterator[EventField]:
    for join in stream.joins:
        found = joined(join, topic, others)
        for name, column in found.columns if found else ():
            values = column.values
            if values and name in stream.group_by:
                values = tuple(dict.fromkeys((*values, UNKNOWN)))
            yield EventField(
                name=name,
                type=column.type,
                values=values,
                min=column.min,
                max=column.max,
                pii=column.pii,
                description=column.description,
            )
