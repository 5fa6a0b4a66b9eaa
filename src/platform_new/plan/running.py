"""How the streams of a plan run: on a schedule, or as a service that never ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from platform_new.plan.streams import PlannedEvents, PlannedStream
from platform_new.spec.events.models import EventSource
from platform_new.spec.names import fit

FIRST_PORT = 9400
"""The port where the first service exposes its metrics; the others use the next ports, as they may share a machine."""


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
    """The job of a stream that never ends; it exposes its metrics on `port`."""

    stream: PlannedStream
    port: int

    @property
    def name(self) -> str:
        """Its name, with only characters that DNS allows."""
        return fit(f"stream_{self.stream.events.name}__{self.stream.name}").rstrip("_").replace("_", "-")

    @property
    def bindings(self) -> dict[str, str]:
        """What the placeholders in a template's path stand for."""
        return {"service": self.name}


@dataclass(frozen=True)
class Deployment:
    """All services together."""

    services: tuple[Service, ...]

    @property
    def bindings(self) -> dict[str, str]:
        """What the placeholders in a template's path stand for."""
        return {"deployment": "stream"}


def plan_running(events: tuple[PlannedEvents, ...]) -> Mapping[str, tuple[Any, ...]]:
    """The collections `scheduled` and `service`, and `deployment` with one member if there are services."""
    unending = [stream for each in events for stream in each.streams if not stream.ends]
    services = tuple(Service(stream, port) for port, stream in enumerate(unending, FIRST_PORT))
    return {
        "scheduled": tuple(Scheduled(each.spec) for each in events if any(stream.ends for stream in each.streams)),
        "service": services,
        "deployment": (Deployment(services),) if services else (),
    }
