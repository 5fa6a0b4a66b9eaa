"""The generated repositories that the words of a command line mean."""

from __future__ import annotations

import contextlib
import glob
import os
from collections.abc import Sequence
from pathlib import Path

from platform_new.errors import Problem, Refused
from platform_new.spec.load import PLATFORM


def repository_of(place: Path) -> Path:
    """The nearest folder, from the place upwards, that holds a spec. Raises `Refused` if there is none."""
    place = place.absolute()
    if not place.exists():
        raise Refused(Problem("there is no such folder", "look for a slip in its name", value=str(place)))
    for folder in (place, *place.parents):
        if (folder / PLATFORM).is_file():
            return folder
    hint = "go to a repository that platform-new made, or make one: `platform-new NAME`"
    raise Refused(Problem(f"there is no {PLATFORM} here, nor in a folder above", hint, value=str(place)))


def repositories(words: Sequence[Path] | None) -> list[Path]:
    """The paths that words mean, by default the present folder; of those in one repository only the first.

    Patterns and `~` that the shell has left alone, because they were quoted, are expanded as it would have done.
    """
    found: dict[str, Path] = {}
    for word in words or [Path()]:
        path = word if word.exists() else word.expanduser()
        # Path.glob takes no absolute pattern.
        matches = [] if path.exists() else sorted(glob.glob(str(path), recursive=True))  # noqa: PTH207
        for place in [Path(match) for match in matches] or [path]:
            root = place
            with contextlib.suppress(Refused):
                root = repository_of(place)
            found.setdefault(os.path.realpath(root), place)
    return list(found.values())
