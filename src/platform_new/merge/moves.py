"""Where the user moved generated files: looked for among what was deleted and what was added, and nowhere else.

The template's own moves are never guessed: files generated for two tables are so alike that an edit would wander from
the one to the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping
from pathlib import PurePosixPath

ALIKE = 0.7
"""The share of common lines from which a file of another name counts as the moved one."""
ALIKE_OF_SAME_NAME = 0.4
"""The same for a file that kept its name."""


def moved_by_the_user(base: Mapping[str, bytes], ours: Mapping[str, bytes], theirs: Container[str]) -> dict[str, str]:
    """The paths of generated files that were moved, with the paths that they have now.

    Each file is paired once, the most similar pair first, files of the same name before others.
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
    """The files that were moved as they were; first those that kept their name."""
    places: dict[bytes, list[str]] = {}
    for path in sorted(added):
        places.setdefault(added[path], []).append(path)
    homes: dict[str, str] = {}
    for names in (True, False):
        for old in sorted(gone.keys() - homes.keys()):
            there = [new for new in places.get(gone[old], ()) if not names or _name(new) == _name(old)]
            if there:
                homes[old] = there[0]
                places[gone[old]].remove(there[0])
    return homes


def _name(path: str) -> str:
    return PurePosixPath(path).name


def _suffix(path: str) -> str:
    return PurePosixPath(path).suffix


def _lines(content: bytes) -> Counter[bytes]:
    return Counter(line.strip() for line in content.splitlines() if line.strip())


def _likeness(left: Counter[bytes], right: Counter[bytes]) -> float:
    """Twice the common lines by all lines: 1 for equal files, 0 for files without a common line."""
    total = sum(left.values()) + sum(right.values())
    return 2 * sum((left & right).values()) / total if total else 0.0
