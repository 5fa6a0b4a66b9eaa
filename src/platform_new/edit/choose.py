"""Change a choice, or the value of another key, in `platform.yml`."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from pydantic.fields import FieldInfo

from platform_new.catalog import Axis, Catalog
from platform_new.catalog.axes import names_in
from platform_new.documents.document import shown
from platform_new.documents.suggest import did_you_mean
from platform_new.edit.spec_files import SpecFiles
from platform_new.edit.yaml_text import YamlText
from platform_new.errors import Problem, Refused
from platform_new.spec.base import Part
from platform_new.spec.load import PLATFORM, parse_platform
from platform_new.spec.models import Platform
from platform_new.spec.write import menu
from platform_new.spec.yaml_text import ORDERS

SET, ADD, REMOVE = "=", "+=", "-="
IN_FILE = ("consumers",)
"""The keys that only the file can have."""


def set_value(files: SpecFiles, catalog: Catalog, key: str, value: str, how: str = SET) -> str:
    """Set a key of `platform.yml` and return a summary; an empty value removes the key.

    For an axis with several choices, the value is a comma-separated list; `how` is `=`, `+=` to add to the current
    choices, or `-=` to remove from them. Raises `Refused` for an unknown key; the spec's rules validate the value.
    """
    keys = settable()
    if value and (inner := [each for each in keys if each.startswith(f"{key}.")]):
        hint = " or ".join(f"`platform-new set {each} VALUE`" for each in inner)
        raise Refused(Problem(f"`{key}` has keys of its own", hint, PLATFORM, value=value))
    if key in IN_FILE:
        reason = f"`{key}` is a list, which this command cannot set"
        raise Refused(
            Problem(reason, f"edit {PLATFORM}, and check it with `platform-new check`", PLATFORM, value=value)
        )
    if key not in keys:
        raise Refused(Problem("unknown key", did_you_mean(key, keys), PLATFORM, value=key))
    axis = catalog.axes.get(key)
    platform = parse_platform(files.text(PLATFORM))
    if axis and axis.many:
        return _set(files, axis, key, _several(platform, axis, value, how) if value else ())
    if how != SET:
        reason = f"`{key}` takes a single choice" if axis else f"`{key}` takes a single value"
        raise Refused(Problem(reason, f"platform-new set {key}={value}", PLATFORM, value=f"{key}{how}{value}"))
    return _set(files, axis, key, value)


def settable() -> dict[str, str]:
    """The keys that can be set, each with its description; `calendar.holidays` is a key within `calendar`."""
    keys = {}
    for name, field in Platform.model_fields.items():
        if name in IN_FILE:
            continue
        keys[name] = field.description or ""
        for inner, its in _fields_of(name).items():
            keys[f"{name}.{inner}"] = its.description or ""
    return keys


def _fields_of(key: str) -> Mapping[str, FieldInfo]:
    """The fields of a key that consists of keys and values; empty for any other key."""
    part = Platform.model_fields[key].annotation
    return part.model_fields if isinstance(part, type) and issubclass(part, Part) else {}


def _several(platform: Platform, axis: Axis, value: str, how: str) -> tuple[str, ...]:
    named = names_in(value)
    before = axis.default if getattr(platform, axis.name) is None else platform.chosen(axis.name)
    if how == ADD:
        return tuple(dict.fromkeys((*before, *named)))
    for name in named if how == REMOVE else ():
        if name not in before:
            hint = did_you_mean(name, before) or "no choice is set"
            raise Refused(Problem(f"`{axis.name}` does not have this choice", hint, PLATFORM, value=name))
    return tuple(name for name in before if name not in named) if how == REMOVE else named


def _set(files: SpecFiles, axis: Axis | None, key: str, value: str | tuple[str, ...]) -> str:
    yaml, platform = YamlText(files.text(PLATFORM), PLATFORM), parse_platform(files.text(PLATFORM))
    here = tuple(key.split("."))
    # If the axis has a default, an empty list is written: without the key, the default would apply.
    if not value and not (axis and axis.many and axis.default):
        if yaml.has(here):
            yaml.remove(here if _given_in(platform, here) - set(here) else here[:1])
    elif not yaml.has(here) or functools.reduce(getattr, here, platform) != _typed(here, value):
        if axis:
            _update_menu(yaml, axis, value if isinstance(value, tuple) else (value,))
        new = list(value) if isinstance(value, tuple) else _typed(here, value)
        if here[1:] and not _given_in(platform, here):
            here, new = here[:1], {here[1]: new}
        yaml.set(here, new, ORDERS[Platform] if not here[1:] else tuple(_fields_of(here[0])))
    files.put(PLATFORM, yaml.text)
    text = ", ".join(value) if isinstance(value, tuple) else shown(value)
    return f"Set {key} to {text}" if value else f"Remove {key}"


def _given_in(platform: Platform, here: tuple[str, ...]) -> set[str]:
    """The keys that `platform.yml` has within the first key of a path; empty if that has a single value."""
    return getattr(platform, here[0]).model_fields_set if here[1:] else set()


def _typed(here: tuple[str, ...], value: str | tuple[str, ...]) -> str | int | tuple[str, ...]:
    """The value as its field has it: a whole number, if that is what the field takes and the text is one."""
    whole = here[1:] and _fields_of(here[0])[here[1]].annotation is int
    return int(value) if whole and isinstance(value, str) and value.isdecimal() else value


def _update_menu(yaml: YamlText, axis: Axis, chosen: tuple[str, ...]) -> None:
    """Update the comment that lists the other choices, unless it was edited."""
    here = (axis.name,)
    if not yaml.has(here) or not set(chosen) <= axis.choices.keys():
        return
    comment = yaml.comment(here) or ""
    others = comment.partition(" ")[2].split(", ")
    before = [name for name in axis.choices if name not in others]
    if comment and comment == menu(axis, before) and (axis.many or len(before) == 1):
        yaml.set_comment(here, menu(axis, chosen))
