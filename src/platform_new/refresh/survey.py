"""Introspect the requested sources again; a problem with one does not stop the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from platform_new.catalog import Catalog
from platform_new.documents.suggest import did_you_mean
from platform_new.errors import Problem, Refused
from platform_new.introspect.address import redact
from platform_new.refresh.drift import Drift, drift
from platform_new.refresh.event_drift import event_drift
from platform_new.refresh.look import address_of, last_look, last_look_at_events, look_again, look_at_newer
from platform_new.spec.load import AnySource
from platform_new.spec.models import Spec
from platform_new.spec.streams import EventSource


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


@dataclass
class Survey:
    """The drift of each introspected source, and the problems of those that could not be introspected.

    `skipped` has the names of sources of events for which no newer events were given.
    """

    drifts: list[Drift] = field(default_factory=list)
    problems: dict[str, tuple[Problem, ...]] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)


def survey(folder: Path, spec: Spec, question: Question, catalog: Catalog, progress: Callable[[str], None]) -> Survey:
    """Introspect the sources of a repository again. Raises `Refused` if the question cannot be answered."""
    result = Survey()
    for source in _asked(spec, question):
        if isinstance(source, EventSource) and not (question.address or source.name in question.names):
            result.skipped.append(source.name)
            continue
        address = question.address
        try:
            progress(f"Introspecting {source.name}")
            if isinstance(source, EventSource):
                found = _events(folder, source, spec, question, catalog, progress)
            else:
                address = address or address_of(source, folder, question.environment)
                place = question.place if question.address else folder
                sighting = look_again(source, address, place.absolute(), progress)
                last = last_look(source, folder, catalog)
                found = drift(source, sighting, last, spec.platform, catalog, new_tables=question.new_tables)
            result.drifts.append(found)
        except Refused as refusal:
            result.problems[source.name] = refusal.problems
        except Exception as error:  # the other sources continue
            reason = redact(f"{type(error).__name__}: {error}", address)
            result.problems[source.name] = (Problem(reason, "this is a bug in platform-new; report it"),)
    return result


def _events(
    folder: Path,
    source: EventSource,
    spec: Spec,
    question: Question,
    catalog: Catalog,
    progress: Callable[[str], None],
) -> Drift:
    """The drift of a source of events. Raises `Refused` without newer events."""
    if not question.address:
        hint = f"save newer events to a file, and run `platform-new refresh {source.name} --from newer.jsonl.gz`"
        raise Refused(Problem("a topic has no schema to introspect, only events", hint, f"sources/{source.name}.yml"))
    newer = look_at_newer(source, question.topic, question.address, question.place.absolute(), progress)
    return event_drift(source, newer, last_look_at_events(source, folder), spec, catalog)


def _asked(spec: Spec, question: Question) -> list[AnySource]:
    known = {source.name: source for source in (*spec.sources, *spec.event_sources)}
    if unknown := [name for name in question.names if name not in known]:
        raise Refused([Problem("unknown source", did_you_mean(name, known), value=name) for name in unknown])
    asked = [known[name] for name in dict.fromkeys(question.names)] or list(known.values())
    if question.address and len(asked) != 1:
        hint = "name the source at this address: `platform-new refresh SOURCE --from ADDRESS`"
        raise Refused(Problem("--from is the address of a single source", hint, value=", ".join(known)))
    if question.topic and not (question.address and isinstance(asked[0], EventSource)):
        hint = "run `platform-new refresh SOURCE --from newer.jsonl.gz --topic …`"
        raise Refused(Problem("--topic needs a source of events and --from", hint, value=question.topic))
    if not asked:
        raise Refused(Problem("the platform has no source", "add one: `platform-new add source NAME`"))
    return asked
