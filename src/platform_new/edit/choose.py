"""Change a choice, or the value of another key, in `platform.yml`."""

from __future__ import annotations

from platform_new.catalog import Axis, Catalog
from platform_new.catalog.axes import names_in
from platform_new.documents.document import shown
from platform_new.documents.suggest import did_you_mean
from platform_new.edit.spec_files import SpecFiles
from platform_new.edit.yaml_text import YamlText
from platform_new.errors import Problem, Refused
from platform_new.spec.load import PLATFORM, parse_platform
from platform_new.spec.models import Platform
from platform_new.spec.write import menu
from platform_new.spec.yaml_text import ORDERS

SET, ADD, REMOVE = "=", "+=", "-="


def set_value(files: SpecFiles, catalog: Catalog, key: str, value: str, how: str = SET) -> str:
    """Set a key of `platform.yml` and return a summary; an empty value removes the key.

    For an axis with several choices, the value is a comma-separated list; `how` is `=`, `+=` to add to the current
    choices, or `-=` to remove from them. Raises `Refused` for an unknown key; the spec's rules validate the value.
    """
    if key not in Platform.model_fields:
        raise Refused(Problem("unknown key", did_you_mean(key, Platform.model_fields), PLATFORM, value=key))
    axis = catalog.axes.get(key)
    platform = parse_platform(files.text(PLATFORM))
    if axis and axis.many:
        return _set(files, axis, key, _several(platform, axis, value, how) if value else ())
    if how != SET:
        reason = f"`{key}` takes a single choice" if axis else f"`{key}` takes a single value"
        raise Refused(Problem(reason, f"platform-new set {key}={value}", PLATFORM, value=f"{key}{how}{value}"))
    return _set(files, axis, key, value)


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
    yaml = YamlText(files.text(PLATFORM), PLATFORM)
    here = (key,)
    # If the axis has a default, an empty list is written: without the key, the default would apply.
    if not value and not (axis and axis.many and axis.default):
        if yaml.has(here):
            yaml.remove(here)
    elif not yaml.has(here) or getattr(parse_platform(files.text(PLATFORM)), key) != value:
        if axis:
            _update_menu(yaml, axis, value if isinstance(value, tuple) else (value,))
        yaml.set(here, list(value) if isinstance(value, tuple) else value, ORDERS[Platform])
    files.put(PLATFORM, yaml.text)
    text = ", ".join(value) if isinstance(value, tuple) else shown(value)
    return f"Set {key} to {text}" if value else f"Remove {key}"


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
