"""What runs the streams of a plan: a schedule, or a service that keeps a job running which never ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from platform_new.plan.streams import PlannedEvents, PlannedStream
from platform_new.spec.names import fit
from platform_new.spec.streams import EventSource

FIRST_PORT = 9400
"""Where the first service shows its figures; the others follow, since they may share a machine."""


@dataclass(frozen=True)
class Scheduled:
    """A source of events with those of its streams that run on its schedule, and whether any of all of them joins."""

    spec: EventSource
    streams: tuple[PlannedStream, ...]
    has_joins: bool

    @property
    def name(self) -> str:
        """The source's name."""
        return self.spec.name

    @property
    def bindings(self) -> dict[str, str]:
        """What the placeholders in a template's path stand for."""
        return {"scheduled": self.spec.name}


@dataclass(frozen=True)
class Service:
    """The job of a stream that never ends; it shows its figures on `port`."""

    stream: PlannedStream
    port: int

    @property
    def name(self) -> str:
        """Its name, made of what DNS allows."""
        return fit(f"stream_{self.stream.events.name}__{self.stream.name}").rstrip("_").replace("_", "-")

    @property
    def bindings(self) -> dict[str, str]:
        """What the placeholders in a template's path stand for."""
        return {"service": self.name}


@dataclass(frozen=True)
class Deployment:
    """All services, and what they share."""

    services: tuple[Service, ...]

    @property
    def bindings(self) -> dict[str, str]:
        """What the placeholders in a template's path stand for."""
        return {"deployment": "stream"}


@dataclass(frozen=True)
class Lake:
    """The tables of all streams, which are looked after together."""

    @property
    def bindings(self) -> dict[str, str]:
        """What the placeholders in a template's path stand for."""
        return {"lake": "lake"}


def plan_running(events: tuple[PlannedEvents, ...]) -> Mapping[str, tuple[Any, ...]]:
    """What runs the streams: the collections `scheduled`, `service`, and of one or none `lake` and `deployment`."""
    scheduled = [
        Scheduled(each.spec, tuple(stream for stream in each.streams if stream.ends), each.has_joins) for each in events
    ]
    unending = [stream for each in events for stream in each.streams if not stream.ends]
    services = tuple(Service(stream, port) for port, stream in enumerate(unending, FIRST_PORT))
    return {
        "scheduled": tuple(each for each in scheduled if each.streams),
        "service": services,
        "deployment": (Deployment(services),) if services else (),
        "lake": (Lake(),) if events else (),
    }
