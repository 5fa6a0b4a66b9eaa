"""Detect generated files that the user moved, by comparing deleted and added files.

Moves by the template are never guessed: files generated for two tables are so similar that an edit could end up in the
wrong table's file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping
from pathlib import PurePosixPath

ALIKE = 0.7
"""The least share of common lines at which a file with another name counts as the moved file."""
ALIKE_OF_SAME_NAME = 0.4
"""The same for a file with the same name."""


def moved_by_the_user(base: Mapping[str, bytes], ours: Mapping[str, bytes], theirs: Container[str]) -> dict[str, str]:
    """The previous paths of generated files that the user moved, with their current paths.

    Each file is paired once, the most similar pair first; among equally similar pairs, files with the same name first.
    """
    gone = {path: content for path, content in base.items() if path not in ours and content}
    if not gone:
        return {}
    added = {path: ours[path] for path in ours if path not in base and path not in theirs and ours[path]}
    homes = _unchanged(gone, added)
    left = {path: _lines(content) for path, content in gone.items() if path not in homes}
    free = {path: _lines(content) for path, content in added.items() if path not in homes.values()}
    pairs = []
    for old, old_lines in left.items():
        for new, new_lines in free.items():
            same_name = _name(old) == _name(new)
            likeness = _likeness(old_lines, new_lines) if _suffix(old) == _suffix(new) else 0
            if likeness >= (ALIKE_OF_SAME_NAME if same_name else ALIKE):
                pairs.append((-likeness, not same_name, old, new))
    for _, _, old, new in sorted(pairs):
        if old not in homes and new not in homes.values():
            homes[old] = new
    return homes


def _unchanged(gone: Mapping[str, bytes], added: Mapping[str, bytes]) -> dict[str, str]:
    """The files that were moved without edits; those with the same name first."""
    places: dict[bytes, list[str]] = {}
    for path in sorted(added):
        places.setdefault(added[path], []).append(path)
    homes: dict[str, str] = {}
    for names in (True, False):
        for old in sorted(gone.keys() - homes.keys()):
            found = [new for new in places.get(gone[old], ()) if not names or _name(new) == _name(old)]
            if found:
                homes[old] = found[0]
                places[gone[old]].remove(found[0])
    return homes


def _name(path: str) -> str:
    return PurePosixPath(path).name


def _suffix(path: str) -> str:
    return PurePosixPath(path).suffix


def _lines(content: bytes) -> Counter[bytes]:
    return Counter(line.strip() for line in content.splitlines() if line.strip())


def _likeness(left: Counter[bytes], right: Counter[bytes]) -> float:
    """Twice the common lines divided by all lines: 1 for equal files, 0 for files without a common line."""
    total = sum(left.values()) + sum(right.values())
    return 2 * sum((left & right).values()) / total if total else 0.0
