"""The generated repository that one stands in."""

from __future__ import annotations

from pathlib import Path

from platform_new.errors import Problem, Refused
from platform_new.spec.load import PLATFORM


def repository_of(place: Path) -> Path:
    """The nearest folder, from the place upwards, that holds a spec. Raises `Refused` if there is none."""
    place = place.absolute()
    for folder in (place, *place.parents):
        if (folder / PLATFORM).is_file():
            return folder
    cure = "go to a repository that platform-new made, or make one: `platform-new NAME`"
    raise Refused(Problem(f"there is no {PLATFORM} here, nor in a folder above", cure, value=str(place)))
