"""Has the files of the spec follow what has changed at their sources."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from platform_new.documents.document import read_document
from platform_new.edit.spec_files import SpecFiles, source_path
from platform_new.errors import Problem, Refused
from platform_new.refresh.drift import Drift
from platform_new.refresh.look import SEEN
from platform_new.spec.models import Source
from platform_new.spec.write import source_yaml


def apply(files: SpecFiles, drifts: Sequence[Drift], *, accept_breaking: bool = False) -> str:
    """Bring the drifts into the sources' files, and put down what was seen of each. Says what was done.

    Raises `Refused` for each change that breaks somebody and was not accepted, or if a file cannot follow.
    """
    problems = [] if accept_breaking else [each for drift in drifts for each in _unaccepted(files, drift)]
    if problems:
        raise Refused(problems)
    for drift in drifts:
        path = source_path(drift.known.name)
        if files.source(drift.known.name) != drift.known:
            raise Refused(Problem("somebody has changed the file since it was read", "run it again", path))
        if isinstance(drift.after, Source) and all(table.exclude for table in drift.after.tables):
            hint = "see that the address is right; else remove the source, or take up its new tables with --new-tables"
            raise Refused(Problem("none of its tables would be left", hint, path))
        files.change_source(drift.after, reasons=drift.seen.reasons)
        files.put(f"{SEEN}/{drift.known.name}.yml", source_yaml(drift.seen.source))
    return f"Refresh {', '.join(drift.known.name for drift in drifts)}{_counts(drifts)}"


def _unaccepted(files: SpecFiles, drift: Drift) -> Iterator[Problem]:
    path = source_path(drift.known.name)
    document = read_document(files.text(path).removeprefix("\ufeff"), path)
    for weighed in drift.breaking:
        change = weighed.change
        hint = "if that is meant to come in, add --accept-breaking"
        yield document.problem(
            _place(document.data, change.path), f"{change.place}: {change.kind}: {weighed.because}", hint
        )


def _place(data: Any, path: tuple[str, ...]) -> tuple[str | int, ...]:
    """As much of a path by names as the file has: to the table or topic, and to its column or field."""
    place: list[str | int] = []
    for key, name in zip(path[::2], path[1::2], strict=False):
        items = data.get(key) if isinstance(data, dict) else None
        names = [item.get("name") for item in items] if isinstance(items, list) else []
        if name not in names:
            break
        place += [key, names.index(name)]
        data = items[names.index(name)]
    return tuple(place)


def _counts(drifts: Sequence[Drift]) -> str:
    changes, breaking = sum(len(each.changes) for each in drifts), sum(len(each.breaking) for each in drifts)
    return f" ({changes} change{'s' if changes > 1 else ''}, {breaking or 'none'} breaking)" if changes else ""
