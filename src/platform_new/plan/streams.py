"""The topics and streams of a plan."""

from __future__ import annotations

from dataclasses import dataclass

from platform_new.plan.model import PlannedSource
from platform_new.spec.events.joins import Joined, joined, with_joined
from platform_new.spec.events.models import AVAILABLE_NOW, EventSource, Stream, Topic
from platform_new.spec.models import Source
from platform_new.spec.names import fit


@dataclass(frozen=True)
class PlannedTopic:
    """A topic of a source of events."""

    events: EventSource
    spec: Topic

    @property
    def name(self) -> str:
        """The topic's name."""
        return self.spec.name

    @property
    def module(self) -> str:
        """The name of the module that describes the topic, without the folder."""
        return fit(f"{self.events.name}__{self.spec.name}")

    @property
    def bindings(self) -> dict[str, str]:
        """What the placeholders in a template's path stand for."""
        return {"source": self.events.name, "topic": self.spec.name}


@dataclass(frozen=True)
class PlannedStream:
    """A stream with the topic that it reads, the tables that it joins, and the topic with the joined columns."""

    events: EventSource
    spec: Stream
    topic: PlannedTopic
    joins: tuple[Joined, ...]
    seen: Topic

    @property
    def name(self) -> str:
        """The stream's name."""
        return self.spec.name

    @property
    def module(self) -> str:
        """The name of the module of its job, without the folder."""
        return fit(f"{self.events.name}__{self.spec.name}")

    @property
    def query(self) -> str:
        """The stream's name in the commands of the jobs."""
        return f"{self.events.name}.{self.spec.source_name}"

    @property
    def ends(self) -> bool:
        """Whether its trigger is to run once, processing all available messages."""
        return self.spec.trigger == AVAILABLE_NOW

    @property
    def bindings(self) -> dict[str, str]:
        """What the placeholders in a template's path stand for."""
        return {"source": self.events.name, "stream": self.spec.name}


@dataclass(frozen=True)
class PlannedEvents:
    """A source of events with its topics and streams, and the source made up of their tables in the lake."""

    spec: EventSource
    topics: tuple[PlannedTopic, ...]
    streams: tuple[PlannedStream, ...]
    lake: PlannedSource

    @property
    def name(self) -> str:
        """The source's name."""
        return self.spec.name

    @property
    def has_joins(self) -> bool:
        """Whether any of its streams joins a table."""
        return any(stream.joins for stream in self.streams)

    @property
    def tables(self) -> Source:
        """The tables of its streams, as a source like any other."""
        return self.lake.spec

    @property
    def bindings(self) -> dict[str, str]:
        """What the placeholders in a template's path stand for."""
        return {"source": self.spec.name, "events": self.spec.name}


def plan_events(source: EventSource, lake: PlannedSource, others: tuple[Source, ...]) -> PlannedEvents:
    """Plan the topics and streams of a source; `lake` are the staged tables of its streams, which may join `others`."""
    topics = {topic.name: PlannedTopic(source, topic) for topic in source.topics}
    streams = tuple(_stream(source, stream, topics[stream.topic], others) for stream in source.streams)
    return PlannedEvents(source, tuple(topics.values()), streams, lake)


def _stream(source: EventSource, stream: Stream, topic: PlannedTopic, others: tuple[Source, ...]) -> PlannedStream:
    joins = (joined(join, topic.spec, others) for join in stream.joins)
    return PlannedStream(
        source, stream, topic, tuple(each for each in joins if each), with_joined(topic.spec, stream, others)
    )
