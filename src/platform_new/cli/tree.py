"""Files as a tree, in the format of `tree`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Folder = dict[str, Any]


def tree_lines(files: Mapping[str, str], *, most: int | None = None) -> Iterator[str]:
    """The lines of a tree of files, each with its note; for a folder of more than `most` files, only their number."""
    rows = list(_rows(_folders(files), "", most))
    width = min(max((len(row) for row, note in rows if note), default=0), 76)
    return (f"{row:<{width}}  {note}" if note else row for row, note in rows)


def _folders(files: Mapping[str, str]) -> Folder:
    root: Folder = {}
    for path, note in files.items():
        *folders, name = path.split("/")
        folder = root
        for part in folders:
            folder = folder.setdefault(f"{part}/", {})
        folder[name] = note
    return root


def _rows(folder: Folder, margin: str, most: int | None) -> Iterator[tuple[str, str]]:
    entries = sorted(folder.items(), key=lambda entry: (not entry[0].endswith("/"), entry[0]))
    for position, (name, content) in enumerate(entries):
        last = position == len(entries) - 1
        branch, below = ("└── ", "    ") if last else ("├── ", "│   ")
        if isinstance(content, str):
            yield f"{margin}{branch}{name}", content
        elif most is not None and _count(content) > most:
            yield f"{margin}{branch}{name}", f"{_count(content)} files"
        else:
            yield f"{margin}{branch}{name}", ""
            yield from _rows(content, margin + below, most)


def _count(folder: Folder) -> int:
    return sum(1 if isinstance(content, str) else _count(content) for content in folder.values())
