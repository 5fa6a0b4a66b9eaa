"""Introspect the requested sources again; a problem with one does not stop the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from platform_new.catalog import Catalog
from platform_new.documents.suggest import did_you_mean
from platform_new.errors import Problem, Refused
from platform_new.introspect.address import redact
from platform_new.refresh.drift import Drift, drift
from platform_new.refresh.events.drift import event_drift
from platform_new.refresh.events.introspection import introspect_newer
from platform_new.refresh.introspection import (
    address_of,
    introspect_again,
    last_introspection,
    with_undeclared_keys_marked,
)
from platform_new.refresh.memory import remembered
from platform_new.spec.base import AnySource, Content
from platform_new.spec.events.models import EventSource
from platform_new.spec.models import Source, Spec


@dataclass(frozen=True)
class Question:
    """The sources to introspect, by name: at the addresses in their variables, or one source at `address`.

    A relative path in the address starts at `place`. `new_tables` says whether to add new tables to the spec; `topic`
    is the topic of the events at the address.
    """

    names: Sequence[str]
    environment: Mapping[str, str]
    address: str = ""
    place: Path = Path()
    new_tables: bool = False
    topic: str = ""

    def skips(self, source: AnySource) -> bool:
        """Whether the source cannot be introspected and was not named: events have no catalog to read."""
        return source.carries == "events" and not self.address and source.name not in self.names


@dataclass
class Survey:
    """The drift of each introspected source, and the problems of those that could not be introspected.

    `skipped` has the names of sources of events for which no newer events were given.
    """

    drifts: list[Drift] = field(default_factory=list)
    problems: dict[str, tuple[Problem, ...]] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Surveyor:
    """Finds the drift of one source of a repository."""

    folder: Path
    spec: Spec
    question: Question
    catalog: Catalog
    progress: Callable[[str], None]

    def address(self, source: AnySource) -> str:
        """The address to introspect; empty for events, which have none but the question's."""
        if self.question.address or source.carries == "events":
            return self.question.address
        return address_of(source, self.folder, self.question.environment)

    def of_tables(self, source: Source, address: str) -> Drift:
        """The drift of a source with tables. Raises `Refused` if it cannot be introspected."""
        place = self.question.place if self.question.address else self.folder
        last = last_introspection(source, self.folder, self.catalog)
        known = with_undeclared_keys_marked(source, last)
        found = introspect_again(known, address, place.absolute(), self.progress)
        return drift(source, found, last, self.spec.platform, self.catalog, new_tables=self.question.new_tables)

    def of_events(self, source: EventSource, address: str) -> Drift:
        """The drift of a source of events. Raises `Refused` without newer events."""
        if not address:
            hint = f"save newer events to a file, and run `platform-new refresh {source.name} --from newer.jsonl.gz`"
            reason = "a topic has no schema to introspect, only events"
            raise Refused(Problem(reason, hint, f"sources/{source.name}.yml"))
        newer = introspect_newer(source, self.question.topic, address, self.question.place.absolute(), self.progress)
        last = next(remembered(source, self.folder), None)
        return event_drift(source, newer, last, self.spec, self.catalog)


DRIFT_OF: Mapping[Content, Callable[[_Surveyor, Any, str], Drift]] = {
    "tables": _Surveyor.of_tables,
    "events": _Surveyor.of_events,
}


def survey(folder: Path, spec: Spec, question: Question, catalog: Catalog, progress: Callable[[str], None]) -> Survey:
    """Introspect the sources of a repository again. Raises `Refused` if the question cannot be answered."""
    result = Survey()
    surveyor = _Surveyor(folder, spec, question, catalog, progress)
    for source in _asked(spec, question):
        if question.skips(source):
            result.skipped.append(source.name)
            continue
        address = ""
        try:
            progress(f"Introspecting {source.name}")
            address = surveyor.address(source)
            result.drifts.append(DRIFT_OF[source.carries](surveyor, source, address))
        except Refused as refusal:
            result.problems[source.name] = refusal.problems
        except Exception as error:  # the other sources continue
            reason = redact(f"{type(error).__name__}: {error}", address)
            result.problems[source.name] = (Problem(reason, "this is a bug in platform-new; report it"),)
    return result


def _asked(spec: Spec, question: Question) -> list[AnySource]:
    known = {source.name: source for source in spec.all_sources}
    if unknown := [name for name in question.names if name not in known]:
        raise Refused([Problem("unknown source", did_you_mean(name, known), value=name) for name in unknown])
    asked = [known[name] for name in dict.fromkeys(question.names)] or list(known.values())
    if question.address and len(asked) != 1:
        hint = "name the source at this address: `platform-new refresh SOURCE --from ADDRESS`"
        raise Refused(Problem("--from is the address of a single source", hint, value=", ".join(known)))
    if question.topic and not (question.address and asked[0].carries == "events"):
        hint = "run `platform-new refresh SOURCE --from newer.jsonl.gz --topic …`"
        raise Refused(Problem("--topic needs a source of events and --from", hint, value=question.topic))
    if not asked:
        raise Refused(Problem("the platform has no source", "add one: `platform-new add source NAME`"))
    return asked
