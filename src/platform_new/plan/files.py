"""The files of a plan: the templates of the chosen layers, each once for every entity that its path names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from platform_new.catalog.cards import Choice, TemplateFile
from platform_new.catalog.entities import PLACEHOLDER
from platform_new.errors import Problem, Refused
from platform_new.plan.model import PlannedFile
from platform_new.spec.names import fit

Collections = Mapping[str, tuple[Any, ...]]


def plan_files(
    layers: tuple[Choice, ...], collections: Collections, before: Sequence[Collections] = ()
) -> tuple[PlannedFile, ...]:
    """Plan every file of the layers, in order of path; `before` are the same collections under former names.

    Raises `Refused` if two files would have the same path (ignoring letter case) or a path would leave the repository.
    """
    templates = {template.template: (layer, template) for layer in reversed(layers) for template in layer.files}
    files = [
        file for layer, template in templates.values() for file in _from_template(layer, template, collections, before)
    ]
    problems, seen = [], {}
    for file in files:
        if PurePosixPath(file.path).is_absolute() or ".." in PurePosixPath(file.path).parts:
            hint = "rename the source, table or mart that the file is for"
            problems.append(Problem("the path leaves the repository", hint, value=file.path))
        if other := seen.get(file.path.lower()):
            reason = f"two files would have this path: {other.because}, and {file.because}"
            problems.append(Problem(reason, "rename one of the two", value=file.path))
        seen[file.path.lower()] = file
    if problems:
        raise Refused(problems)
    return tuple(sorted(files, key=lambda file: file.path))


def _from_template(
    layer: Choice, template: TemplateFile, collections: Collections, before: Sequence[Collections]
) -> Iterator[PlannedFile]:
    placeholders = set(PLACEHOLDER.findall(template.pattern))
    if not placeholders:
        yield PlannedFile(
            template.pattern,
            template.template,
            because=layer.because,
            executable=template.executable,
            previous_paths=template.moved_from,
        )
        return
    singular = _collection_of(placeholders, collections)
    entities = collections[singular] if singular else ()
    # A style's entities may depend on names; if their number differs, their former files are unknown.
    namesakes = [known[singular] for known in before if singular and len(known.get(singular, ())) == len(entities)]
    for position, entity in enumerate(entities):
        path, *previous = dict.fromkeys(
            _filled(pattern, each.bindings)
            for pattern in (template.pattern, *template.moved_from)
            for each in (entity, *(known[position] for known in namesakes))
        )
        yield PlannedFile(
            path,
            template.template,
            because=f"{layer.because} × {singular} {'.'.join(entity.bindings.values())}",
            entity=(singular, entity),
            executable=template.executable,
            previous_paths=tuple(previous),
        )


def _filled(path: str, bindings: Mapping[str, str]) -> str:
    """The path with its placeholders filled; the file's name is shortened like the name of its model."""
    folder, slash, name = PLACEHOLDER.sub(lambda match: bindings[match[1]], path).rpartition("/")
    stem, dot, suffixes = name.partition(".")
    return f"{folder}{slash}{fit(stem)}{dot}{suffixes}"


def _collection_of(placeholders: set[str], collections: Mapping[str, tuple[Any, ...]]) -> str | None:
    """The smallest collection whose members can fill the placeholders; None if the plan has no such entity."""
    able = [name for name, members in collections.items() if name in placeholders and members]
    able = [name for name in able if placeholders <= collections[name][0].bindings.keys()]
    return min(able, key=lambda name: len(collections[name][0].bindings), default=None)
