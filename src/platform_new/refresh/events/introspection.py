"""Introspect newer events of a topic."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from platform_new.documents.suggest import did_you_mean
from platform_new.errors import Problem, Refused
from platform_new.introspect import introspect
from platform_new.refresh.events.drift import Newer
from platform_new.refresh.events.sample import lines_of, measure
from platform_new.spec.events.models import EventSource


def introspect_newer(
    known: EventSource, topic: str, address: str, folder: Path, progress: Callable[[str], None]
) -> Newer:
    """The events of a file, as events of a topic: the named topic, the topic named like the file, or the only topic.

    Relative paths start at the folder. Raises `Refused` if the file has no events, or if the topic is unknown.
    """
    path = folder / Path(address).expanduser()
    seen = introspect(str(path), name=known.name, progress=progress)
    if seen.source.carries != known.carries:
        hint = "pass a file of newer events (.jsonl, .jsonl.gz)"
        raise Refused(Problem("a topic needs a file of events", hint, "--from", value=address))
    (proposed,) = seen.source.topics
    name = topic or proposed.name
    found = [each for each in known.topics if name in (each.name, each.origin)]
    if not found and not topic and len(known.topics) == 1:
        found = list(known.topics)
    if not found:
        hint = did_you_mean(name, [each.name for each in known.topics])
        reason = "unknown topic" if topic else "the file name matches no topic"
        raise Refused(Problem(reason, f"{hint} (--topic)", f"sources/{known.name}.yml", value=name))
    return Newer(found[0].name, proposed, seen.reasons, measure(found[0], lines_of(path)))
