"""All sources that one asks about, each looked at again; what is wrong with one stops no other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from platform_new.catalog import Catalog
from platform_new.errors import Problem, Refused
from platform_new.introspect.address import redact
from platform_new.refresh.drift import Drift, drift
from platform_new.refresh.look import address_of, last_look, look_again
from platform_new.spec.models import Source, Spec
from platform_new.spec.suggest import did_you_mean


@dataclass(frozen=True)
class Question:
    """Which sources are asked about, and where: by their variables in the environment, or one at an address.

    A relative path in the address counts from `place`. `new_tables` says whether the spec takes up new ones.
    """

    names: Sequence[str]
    environment: Mapping[str, str]
    address: str = ""
    place: Path = Path()
    new_tables: bool = False


@dataclass
class Survey:
    """The drift of each source that could be looked at, and the problems of those that could not."""

    drifts: list[Drift] = field(default_factory=list)
    problems: dict[str, tuple[Problem, ...]] = field(default_factory=dict)


def survey(folder: Path, spec: Spec, question: Question, catalog: Catalog, progress: Callable[[str], None]) -> Survey:
    """Look at the sources of a repository again. Raises `Refused` if the question cannot be answered."""
    result = Survey()
    for source in _asked(spec, question):
        address = question.address
        try:
            place = question.place if address else folder
            address = address or address_of(source, folder, question.environment)
            progress(f"Looking at {source.name}")
            sighting = look_again(source, address, place.absolute(), progress)
            last = last_look(source, folder, catalog)
            found = drift(source, sighting, last, spec.platform, catalog, new_tables=question.new_tables)
            result.drifts.append(found)
        except Refused as refusal:
            result.problems[source.name] = refusal.problems
        except Exception as error:  # the others go on
            reason = redact(f"{type(error).__name__}: {error}", address)
            result.problems[source.name] = (Problem(reason, "this is a fault of platform-new; report it"),)
    return result


def _asked(spec: Spec, question: Question) -> list[Source]:
    known = {source.name: source for source in spec.sources}
    if unknown := [name for name in question.names if name not in known]:
        raise Refused([Problem("there is no such source", did_you_mean(name, known), value=name) for name in unknown])
    asked = [known[name] for name in dict.fromkeys(question.names)] or list(spec.sources)
    if question.address and len(asked) != 1:
        cure = "name the one that is at this address: `platform-new refresh SOURCE --from ADDRESS`"
        raise Refused(Problem("--from is the address of one source", cure, value=", ".join(known)))
    if not asked:
        raise Refused(Problem("the platform has no source", "add one: `platform-new add source NAME`"))
    return asked
