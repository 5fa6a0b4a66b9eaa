"""Which files a plan has: the templates of the chosen layers, each once for every entity that its path names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from platform_new.catalog import Choice, TemplateFile
from platform_new.errors import Problem, Refused
from platform_new.plan.model import PlannedFile, StagedTable
from platform_new.spec.names import fit

PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
SUFFIX = ".jinja"


def plan_files(layers: tuple[Choice, ...], collections: Mapping[str, tuple[Any, ...]]) -> tuple[PlannedFile, ...]:
    """Plan every file of the layers, in order of path.

    Raises `Refused` if two files would share a path (letter case aside) or a path would leave the repository.
    """
    templates = {template.template: (layer, template) for layer in reversed(layers) for template in layer.files}
    files = [file for layer, template in templates.values() for file in _from_template(layer, template, collections)]
    problems, seen = [], {}
    for file in files:
        if PurePosixPath(file.path).is_absolute() or ".." in PurePosixPath(file.path).parts:
            problems.append(Problem("the path leaves the repository", "rename what it is made for", value=file.path))
        if other := seen.get(file.path.lower()):
            reason = f"two files would have this path: {other.because}, and {file.because}"
            problems.append(Problem(reason, "give one of the two another name", value=file.path))
        seen[file.path.lower()] = file
    if problems:
        raise Refused(problems)
    return tuple(sorted(files, key=lambda file: file.path))


def _from_template(
    layer: Choice, template: TemplateFile, collections: Mapping[str, tuple[Any, ...]]
) -> Iterator[PlannedFile]:
    path = template.path.removesuffix(SUFFIX)
    chosen = f"{layer.axis} {layer.name}" if layer.axis else "every platform"
    placeholders = set(PLACEHOLDER.findall(path))
    if not placeholders:
        yield PlannedFile(path, template.template, because=chosen, executable=template.executable)
        return
    singular = _collection_of(placeholders, collections)
    for entity in collections[singular] if singular else ():
        bindings = entity.bindings
        yield PlannedFile(
            _filled(path, bindings),
            template.template,
            because=f"{chosen} × {singular} {'.'.join(bindings.values())}",
            entity=(singular, entity),
            executable=template.executable,
            previous_path=_previous_path(path, entity, collections["table"]),
        )


def _previous_path(path: str, entity: Any, tables: tuple[StagedTable, ...]) -> str | None:
    """The file's path before its table was renamed in the spec; None if it was not."""
    table = _table_of(entity, tables)
    if table is None or table.spec.renamed_from is None:
        return None
    name = re.compile(rf"(?<![a-z0-9]){re.escape(table.table)}(?![a-z0-9])")
    before = {
        key: name.sub(table.spec.renamed_from, value) for key, value in entity.bindings.items() if key != "source"
    }
    previous = _filled(path, {**entity.bindings, **before})
    return previous if previous != _filled(path, entity.bindings) else None


def _table_of(entity: Any, tables: tuple[StagedTable, ...]) -> StagedTable | None:
    """The table that an entity of the plan is made from, or None."""
    own = entity if isinstance(entity, StagedTable) else getattr(entity, "table", None)
    if isinstance(own, StagedTable):
        return own
    grain = getattr(entity, "grain", "")
    return next((each for each in tables if grain and (each.source, each.origin) == (entity.source, grain)), None)


def _filled(path: str, bindings: Mapping[str, str]) -> str:
    """The path with its placeholders filled; a file is named after its model, whose name may have had to be cut."""
    folder, slash, name = PLACEHOLDER.sub(lambda match: bindings[match[1]], path).rpartition("/")
    stem, dot, suffixes = name.partition(".")
    return f"{folder}{slash}{fit(stem)}{dot}{suffixes}"


def _collection_of(placeholders: set[str], collections: Mapping[str, tuple[Any, ...]]) -> str | None:
    """The smallest collection whose members can fill the placeholders; None if the plan has no such entity."""
    able = [name for name, members in collections.items() if name in placeholders and members]
    able = [name for name in able if placeholders <= collections[name][0].bindings.keys()]
    return min(able, key=lambda name: len(collections[name][0].bindings), default=None)
