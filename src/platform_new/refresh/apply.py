"""Apply the changes of sources to the spec files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from platform_new.documents.document import read_document
from platform_new.edit.spec_files import SpecFiles, source_path
from platform_new.errors import Problem, Refused
from platform_new.refresh.drift import Drift, count_changes
from platform_new.refresh.memory import SEEN
from platform_new.spec.write import source_yaml


def apply(files: SpecFiles, drifts: Sequence[Drift], *, accept_breaking: bool = False) -> str:
    """Apply drifts to the source files, record each introspected source, and return a summary.

    Raises `Refused` with every breaking change that was not accepted, or if a file cannot be changed.
    """
    problems = [] if accept_breaking else [each for drift in drifts for each in _unaccepted(files, drift)]
    if problems:
        raise Refused(problems)
    for drift in drifts:
        path = source_path(drift.known.name)
        if files.source(drift.known.name) != drift.known:
            raise Refused(Problem("the file changed since it was read", "run the command again", path))
        if drift.after.loads_nothing:
            hint = "check the address; otherwise remove the source, or add its new tables with --new-tables"
            raise Refused(Problem("none of the source's tables would be left", hint, path))
        files.change_source(drift.after, reasons=drift.seen.reasons)
        files.put(f"{SEEN}/{drift.known.name}.yml", source_yaml(drift.seen.source))
    return f"Refresh {', '.join(drift.known.name for drift in drifts)}{_counts(drifts)}"


def _unaccepted(files: SpecFiles, drift: Drift) -> Iterator[Problem]:
    path = source_path(drift.known.name)
    document = read_document(files.text(path).removeprefix("\ufeff"), path)
    for assessed in drift.breaking:
        change = assessed.change
        hint = "to apply breaking changes, add --accept-breaking"
        yield document.problem(
            _place(document.data, change.path), f"{change.place}: {change.kind}: {assessed.because}", hint
        )


def _place(data: Any, path: tuple[str, ...]) -> tuple[str | int, ...]:
    """The longest part of a path by names that exists in the file: the table or topic, and its column or field."""
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
    summary = count_changes([change for drift in drifts for change in drift.changes])
    return f" ({summary})" if summary else ""
