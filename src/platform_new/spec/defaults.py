"""The default choices of a platform."""

from __future__ import annotations

from collections.abc import Iterable

from platform_new.catalog import Axis, Catalog, Choice
from platform_new.spec.base import AnySource
from platform_new.spec.models import Platform, by_content


def complete(platform: Platform, catalog: Catalog, sources: Iterable[AnySource] = ()) -> Platform:
    """The platform with a choice on every axis: the default, or the first one that suits its sources."""
    sources = tuple(sources)
    missing = {axis.name: _default(axis, sources, catalog) for axis in catalog.questions if _is_open(platform, axis)}
    return platform.model_copy(update=missing)


def choices_of(platform: Platform, axis: Axis) -> tuple[Choice, ...]:
    """The platform's choices on an axis; unknown names are left out."""
    return tuple(axis.choices[name] for name in platform.chosen(axis.name) if name in axis.choices)


def _is_open(platform: Platform, axis: Axis) -> bool:
    value = getattr(platform, axis.name, None)
    return value is None if axis.many else not value


def _default(axis: Axis, sources: tuple[AnySource, ...], catalog: Catalog) -> str | tuple[str, ...] | None:
    return axis.default if axis.many else fitting(axis, sources, catalog)


def fitting(axis: Axis, sources: tuple[AnySource, ...], catalog: Catalog) -> str | None:
    """The default of the axis, or the first choice that clashes with no source and can serve corrected streams."""
    known = catalog.kinds
    kinds = {source.kind for source in sources} & known.keys()
    clashing = {clash.choice for kind in kinds for clash in known[kind].clashes if clash.axis == axis.name}
    able = [name for name in dict.fromkeys((*axis.default, *axis.choices)) if name not in clashing]
    events = by_content(sources)["event_sources"]
    corrected = any(stream.corrected_by for source in events for stream in source.streams)
    serving = [name for name in able if corrected and axis.choices[name].sheet.served_from]
    return next(iter((*serving, *able, *axis.default)), None)
