"""Built-in sources for trying platform-new without a database: the `.yml` files of this folder."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from platform_new.catalog import Choice
from platform_new.documents.suggest import did_you_mean
from platform_new.errors import Problem, Refused
from platform_new.spec.base import AnySource
from platform_new.spec.load import parse_source

FOLDER = Path(__file__).parent
USUAL = ("shop",)
"""The samples that a platform starts from if no source is named, so that it runs at once."""


def sample_names() -> list[str]:
    """The names of the samples."""
    return sorted(path.stem for path in FOLDER.glob("*.yml"))


def samples_of(choices: Iterable[Choice]) -> tuple[str, ...]:
    """The samples of the first choice that has any, or the usual samples."""
    return next((choice.sheet.samples for choice in choices if choice.sheet.samples), USUAL)


def sample_text(name: str) -> str:
    """The text of a sample, as it will be in `sources/<name>.yml`. Raises `Refused` if there is no such sample."""
    if name not in sample_names():
        raise Refused(Problem("unknown sample", did_you_mean(name, sample_names()), value=name))
    return (FOLDER / f"{name}.yml").read_text(encoding="utf-8")


def sample_source(name: str) -> AnySource:
    """A sample as a source. Raises `Refused` if there is no such sample."""
    return parse_source(sample_text(name), f"{name}.yml")
