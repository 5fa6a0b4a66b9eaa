"""What uses a source or a table from outside of its file: events that refer to it, consumers that read its marts."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from platform_new.documents.document import read_document
from platform_new.edit.events.references import change_references, references_to
from platform_new.edit.spec_files import SpecFiles
from platform_new.edit.yaml_text import YamlText
from platform_new.errors import Problem
from platform_new.spec.load import PLATFORM, parse_platform

CONSUMERS = "consumers"


def uses_of(files: SpecFiles, place: str, hint: str) -> Iterator[Problem]:
    """A problem for each use of `source.` or `source.table.`, with its line."""
    yield from references_to(files, place, hint)
    document = read_document(files.text(PLATFORM).removeprefix("\ufeff"), PLATFORM)
    for index, consumer in enumerate(parse_platform(files.text(PLATFORM)).consumers):
        for position, name in enumerate(consumer.reads):
            if f"{name}.".startswith(place):
                there = (CONSUMERS, index, "reads", position)
                yield document.problem(there, f"the consumer `{consumer.name}` reads it", hint, name)


def change_uses(files: SpecFiles, place: str, to: Callable[[str], str | None]) -> None:
    """Redirect or drop the uses of `source.` or `source.table.`; the name of a table ends in a dot."""
    change_references(files, place, to)
    _change_reads(files, place, to)


def _change_reads(files: SpecFiles, place: str, to: Callable[[str], str | None]) -> None:
    """A consumer that reads nothing else is removed: without `reads`, it would read everything."""
    yaml, consumers = YamlText(files.text(PLATFORM), PLATFORM), parse_platform(files.text(PLATFORM)).consumers
    kept = [
        [to(f"{name}.") if f"{name}.".startswith(place) else f"{name}." for name in consumer.reads]
        for consumer in consumers
    ]
    gone = [index for index, consumer in enumerate(consumers) if consumer.reads and not any(kept[index])]
    if consumers and len(gone) == len(consumers):
        yaml.remove((CONSUMERS,))
        consumers = ()
    for index, consumer in reversed(list(enumerate(consumers))):
        if index in gone:
            yaml.remove((CONSUMERS, index))
            continue
        for position, (name, new) in reversed(list(enumerate(zip(consumer.reads, kept[index], strict=True)))):
            if not new:
                yaml.remove((CONSUMERS, index, "reads", position))
            elif new != f"{name}.":
                yaml.set((CONSUMERS, index, "reads", position), new.removesuffix("."))
    files.put(PLATFORM, yaml.text)
