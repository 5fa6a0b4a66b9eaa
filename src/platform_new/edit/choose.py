"""Another choice, or another value of a plain key, in `platform.yml`."""

from __future__ import annotations

from platform_new.catalog import Catalog
from platform_new.edit.spec_files import SpecFiles
from platform_new.edit.yaml_text import YamlText
from platform_new.errors import Problem, Refused
from platform_new.spec.document import shown
from platform_new.spec.load import PLATFORM, parse_platform
from platform_new.spec.models import Platform
from platform_new.spec.suggest import did_you_mean
from platform_new.spec.yaml_text import ORDERS


def set_value(files: SpecFiles, catalog: Catalog, key: str, value: str) -> str:
    """Give a key of `platform.yml` a value; an empty one takes the key out. Says what was done.

    Raises `Refused` for a key that is not known. Whether the value can be is for the spec's rules to say.
    """
    if key not in Platform.model_fields:
        raise Refused(Problem("there is no such key", did_you_mean(key, Platform.model_fields), PLATFORM, value=key))
    yaml = YamlText(files.text(PLATFORM), PLATFORM)
    here = (key,)
    if not value:
        if yaml.has(here):
            yaml.remove(here)
    elif not yaml.has(here) or getattr(parse_platform(files.text(PLATFORM)), key) != value:
        _follow_the_menu(yaml, catalog, key, value)
        yaml.set(here, value, ORDERS[Platform])
    files.put(PLATFORM, yaml.text)
    return f"Set {key} to {shown(value)}" if value else f"Take out {key}"


def _follow_the_menu(yaml: YamlText, catalog: Catalog, key: str, value: str) -> None:
    """Bring the comment that names the other choices along, if it is there as it was written."""
    choices = list(catalog.axes[key].choices) if key in catalog.axes else []
    if value in choices and yaml.has((key,)):
        menus = {f"or {', '.join(other for other in choices if other != each)}" for each in choices}
        if yaml.comment((key,)) in menus:
            yaml.set_comment((key,), f"or {', '.join(other for other in choices if other != value)}")
