"""Reports a mistake in a template as a problem with its file and line."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

from jinja2 import TemplateAssertionError, TemplateNotFound, TemplateSyntaxError, UndefinedError

from platform_new.documents.suggest import did_you_mean
from platform_new.errors import PlatformNewError, Problem

UNDEFINED = re.compile(r"'(?P<name>[^']+)' is undefined$")
PLAN = "see the classes in `platform_new.plan.model` for the attributes"
UNKNOWN = re.compile(r"No (?P<kind>filter|test) named '(?P<name>[^']+)'")


def mistake(
    error: Exception, template: str, root: Path, known: Iterable[str], filters: Iterable[str]
) -> PlatformNewError:
    """The problem with a template, or with a template that it includes.

    `root` is the folder of all templates, `known` are the variables of a template, `filters` the filters it may use.
    """
    file, line = _place(error, template, root)
    reason, hint = f"the template cannot be rendered: {type(error).__name__}: {error}", ""
    if isinstance(error, UndefinedError):
        reason = f"the template cannot be rendered: {error.message}"
        name = UNDEFINED.search(error.message or "")
        hint = did_you_mean(name["name"], known, limit=20) if name else PLAN
    elif isinstance(error, TemplateNotFound):
        there = sorted(path.relative_to(root).as_posix() for path in (root / "shared").rglob("*.jinja"))
        reason, hint = "the template includes an unknown template", did_you_mean(str(error.name), there, limit=30)
    elif isinstance(error, TemplateAssertionError) and (name := UNKNOWN.search(error.message or "")):
        reason, hint = f"unknown {name['kind']}: {name['name']}", did_you_mean(name["name"], filters, limit=8)
    elif isinstance(error, TemplateSyntaxError):
        reason, hint = f"invalid template: {error.message}", "templates use `[[ … ]]`, `[% … %]` and `[# … #]`"
    return PlatformNewError(Problem(reason, hint, f"template/{file}", line))


def _place(error: Exception, template: str, root: Path) -> tuple[str, int | None]:
    """The template and line where the error occurred: the innermost template that was being rendered."""
    if isinstance(error, TemplateSyntaxError):
        return _below(error.filename, root) or error.name or template, error.lineno
    found: tuple[str, int | None] = (template, None)
    frames: TracebackType | None = error.__traceback__
    for frame, line in traceback.walk_tb(frames):
        if place := _below(frame.f_code.co_filename, root):
            found = place, line
    return found


def _below(filename: str | None, root: Path) -> str | None:
    path = Path(filename or "")
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else None
