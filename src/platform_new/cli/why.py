"""`platform-new why FILE`: where a generated file, or a line of it, comes from."""

from __future__ import annotations

import difflib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from platform_new.plan import PlannedFile
    from platform_new.spec.models import Spec

JINJA = re.compile(r"\[\[.*?\]\]|\[%.*?%\]|\[#.*?#\]")
LIKE = 0.4
"""The least similarity at which a line counts as generated from a line of the template."""
YOURS = {"platform.yml": "the choices of this platform", "sources/": "a source of this platform"}


def command(
    file: Annotated[
        str, typer.Argument(metavar="FILE[:LINE]", help="A file of a generated repository, or a line of one.")
    ],
) -> None:
    """Explain why a generated file exists: the choice that adds it, its template, and the spec entry behind it.

    \b
    platform-new why transform/models/marts/fct_orders.sql
    platform-new why transform/models/marts/fct_orders.sql:12
    """
    from platform_new import flow
    from platform_new.catalog import load_catalog
    from platform_new.cli.repository import repository_of
    from platform_new.documents.suggest import did_you_mean
    from platform_new.errors import Problem, Refused

    folder, catalog = repository_of(Path()), load_catalog()
    file, line = _line_of(file)
    path = _within(folder, Path(file))
    for beginning, what in YOURS.items():
        if path.startswith(beginning):
            print(f"{path}\n  yours    {what}; everything else is generated from the spec")
            return
    spec = flow.load(folder)
    plan = flow.plan_for(spec, catalog)
    planned = plan.explain(path)
    if planned is None:
        same_name = [other.path for other in plan.files if other.path.rpartition("/")[2] == Path(file).name]
        hint = did_you_mean(path, same_name or [other.path for other in plan.files], limit=3)
        raise Refused(Problem("platform-new does not generate this file", hint, value=path))
    template = str(catalog.root / "template" / planned.template)
    if line and (found := _template_line(folder / path, line, Path(template))):
        template = f"{template}:{found}"
    print(_explanation(planned, template, spec, folder))


def _line_of(file: str) -> tuple[str, int | None]:
    path, _, line = file.rpartition(":")
    return (path, int(line)) if path and line.isdecimal() else (file, None)


def _template_line(file: Path, line: int, template: Path) -> int | None:
    """The most similar line of the template; among equally similar lines, the nearest in position."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    if not 0 < line <= len(lines):
        return None
    templates = template.read_text(encoding="utf-8").splitlines()

    def likeness(number: int) -> tuple[float, float]:
        text = JINJA.sub("", templates[number - 1]).strip()
        distance = abs(number / len(templates) - line / len(lines))
        return round(difflib.SequenceMatcher(None, lines[line - 1].strip(), text).ratio(), 1), -distance

    best = max(range(1, len(templates) + 1), key=likeness)
    return best if likeness(best)[0] >= LIKE else None


def _within(folder: Path, file: Path) -> str:
    """The file's path in the repository, given relative to the current folder or to the repository's root."""
    for path in (Path(os.path.normpath(file.absolute())), folder / file):
        if path.exists() and path.is_relative_to(folder):
            return path.relative_to(folder).as_posix()
    return file.as_posix()


def _explanation(file: PlannedFile, template: str, spec: Spec, folder: Path) -> str:
    rows = {"because": file.because, "template": template}
    if place := _place(file.entity[1] if file.entity else None, spec, folder):
        rows["spec"] = place
    if file.previous_paths:
        rows["before"] = " or ".join(file.previous_paths)
    return "\n".join([file.path, *(f"  {name:<8} {value}" for name, value in rows.items())])


def _place(entity: Any, spec: Spec, folder: Path) -> str:
    """The file and line of the spec that define an entity of the plan."""
    from platform_new.spec.events.lake import lake_sources
    from platform_new.spec.load import locate

    bindings = getattr(entity, "bindings", {})
    for section in ("topic", "stream"):
        if section in bindings:
            file, line = locate(folder, bindings["source"], bindings[section], (f"{section}s",))
            return f"{file}:{line}"
    of_table = getattr(entity, "table", None)
    if of_table is not None and not isinstance(of_table, str):
        entity = of_table
    source, table = getattr(entity, "source", "") or getattr(entity, "name", ""), getattr(entity, "table", None)
    found = next((each for each in (*spec.sources, *lake_sources(spec)) if each.name == source), None)
    if found is None:
        return ""
    grain = getattr(entity, "grain", None)
    table = table or next((each.name for each in found.tables if grain and each.source_name == grain), None)
    file, line = locate(folder, source, table)
    return f"{file}:{line}"
