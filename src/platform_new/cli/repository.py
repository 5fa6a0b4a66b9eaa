"""The generated repositories that command-line arguments refer to."""

from __future__ import annotations

import contextlib
import glob
import os
from collections.abc import Sequence
from pathlib import Path

from platform_new.errors import Problem, Refused
from platform_new.spec.load import PLATFORM


def repository_of(place: Path) -> Path:
    """The nearest folder, at or above the place, that holds a spec. Raises `Refused` if there is none."""
    place = place.absolute()
    if not place.exists():
        raise Refused(Problem("no such folder", "check the spelling of the path", value=str(place)))
    for folder in (place, *place.parents):
        if (folder / PLATFORM).is_file():
            return folder
    hint = "change to a repository that platform-new generated, or create one: `platform-new NAME`"
    raise Refused(Problem(f"no {PLATFORM} in this folder or any folder above it", hint, value=str(place)))


def repositories(paths: Sequence[Path] | None) -> list[Path]:
    """The paths with patterns expanded, by default the current folder; only the first path of each repository.

    Quoted patterns and a quoted `~`, which the shell leaves alone, are expanded as the shell would expand them.
    """
    found: dict[str, Path] = {}
    for given in paths or [Path()]:
        path = given if given.exists() else given.expanduser()
        # Path.glob does not accept an absolute pattern.
        matches = [] if path.exists() else sorted(glob.glob(str(path), recursive=True))  # noqa: PTH207
        for place in [Path(match) for match in matches] or [path]:
            root = place
            with contextlib.suppress(Refused):
                root = repository_of(place)
            found.setdefault(os.path.realpath(root), place)
    return list(found.values())
