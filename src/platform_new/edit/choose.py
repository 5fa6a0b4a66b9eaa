"""Another choice, or another value of a plain key, in `platform.yml`."""

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

SET, ADD, TAKE = "=", "+=", "-="


def set_value(files: SpecFiles, catalog: Catalog, key: str, value: str, how: str = SET) -> str:
    """Give a key of `platform.yml` a value; an empty one takes the key out. Says what was done.

    On an axis that takes several choices, the value may name some of them with commas between; `how` is `=`, `+=` to
    add them to those that were chosen, or `-=` to take them away.
    Raises `Refused` for a key that is not known. Whether the value can be is for the spec's rules to say.
    """
    if key not in Platform.model_fields:
        raise Refused(Problem("there is no such key", did_you_mean(key, Platform.model_fields), PLATFORM, value=key))
    axis = catalog.axes.get(key)
    platform = parse_platform(files.text(PLATFORM))
    if axis and axis.many:
        return _set(files, axis, key, _several(platform, axis, value, how) if value else ())
    if how != SET:
        one = f"a platform takes one choice of `{key}`" if axis else f"`{key}` is one text"
        raise Refused(Problem(one, f"platform-new set {key}={value}", PLATFORM, value=f"{key}{how}{value}"))
    return _set(files, axis, key, value)


def _several(platform: Platform, axis: Axis, value: str, how: str) -> tuple[str, ...]:
    named = names_in(value)
    before = axis.default if getattr(platform, axis.name) is None else platform.chosen(axis.name)
    if how == ADD:
        return tuple(dict.fromkeys((*before, *named)))
    for name in named if how == TAKE else ():
        if name not in before:
            hint = did_you_mean(name, before) or "nothing is chosen there"
            raise Refused(Problem(f"`{axis.name}` has not been given this choice", hint, PLATFORM, value=name))
    return tuple(name for name in before if name not in named) if how == TAKE else named


def _set(files: SpecFiles, axis: Axis | None, key: str, value: str | tuple[str, ...]) -> str:
    yaml = YamlText(files.text(PLATFORM), PLATFORM)
    here = (key,)
    # An empty list is written where the axis has a default, which is taken where there is no key.
    if not value and not (axis and axis.many and axis.default):
        if yaml.has(here):
            yaml.remove(here)
    elif not yaml.has(here) or getattr(parse_platform(files.text(PLATFORM)), key) != value:
        if axis:
            _follow_the_menu(yaml, axis, value if isinstance(value, tuple) else (value,))
        yaml.set(here, list(value) if isinstance(value, tuple) else value, ORDERS[Platform])
    files.put(PLATFORM, yaml.text)
    said = ", ".join(value) if isinstance(value, tuple) else shown(value)
    return f"Set {key} to {said}" if value else f"Take out {key}"


def _follow_the_menu(yaml: YamlText, axis: Axis, chosen: tuple[str, ...]) -> None:
    """Bring the comment that names the other choices along, if it is there as it was written."""
    here = (axis.name,)
    if not yaml.has(here) or not set(chosen) <= axis.choices.keys():
        return
    comment = yaml.comment(here) or ""
    others = comment.partition(" ")[2].split(", ")
    before = [name for name in axis.choices if name not in others]
    if comment and comment == menu(axis, before) and (axis.many or len(before) == 1):
        yaml.set_comment(here, menu(axis, chosen))
