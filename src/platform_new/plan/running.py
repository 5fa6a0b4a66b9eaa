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
    """A source of events with streams that run on its schedule."""

    spec: EventSource

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


def plan_running(events: tuple[PlannedEvents, ...]) -> Mapping[str, tuple[Any, ...]]:
    """What runs the streams: the collections `scheduled`, `service`, and of one or none `deployment`."""
    unending = [stream for each in events for stream in each.streams if not stream.ends]
    services = tuple(Service(stream, port) for port, stream in enumerate(unending, FIRST_PORT))
    return {
        "scheduled": tuple(Scheduled(each.spec) for each in events if any(stream.ends for stream in each.streams)),
        "service": services,
        "deployment": (Deployment(services),) if services else (),
    }
