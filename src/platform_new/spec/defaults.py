"""The choices that a platform has without having made them."""

from __future__ import annotations

from collections.abc import Iterable

from platform_new.catalog import Catalog
from platform_new.catalog.cards import SOURCE_AXIS, Axis
from platform_new.spec.models import Platform, Source
from platform_new.spec.streams import EventSource

SERVED_FROM = "served_from"
"""In the card of a choice that serves streams together with what corrects them: the two words of that column."""


def complete(platform: Platform, catalog: Catalog, sources: Iterable[Source | EventSource] = ()) -> Platform:
    """The platform with a choice on every axis: the default, or the first one that suits its sources."""
    sources = tuple(sources)
    missing = {
        axis.name: fitting(axis, sources, catalog)
        for axis in catalog.questions
        if not getattr(platform, axis.name, None)
    }
    return platform.model_copy(update=missing)


def fitting(axis: Axis, sources: tuple[Source | EventSource, ...], catalog: Catalog) -> str | None:
    """The default of the axis, or the first choice that clashes with no source and serves what they correct."""
    known = catalog.axes[SOURCE_AXIS].choices
    kinds = {source.kind for source in sources} & known.keys()
    clashing = {clash.choice for kind in kinds for clash in known[kind].clashes if clash.axis == axis.name}
    able = [name for name in dict.fromkeys((axis.default, *axis.choices)) if name not in clashing]
    events = [source for source in sources if isinstance(source, EventSource)]
    corrected = any(stream.corrected_by for source in events for stream in source.streams)
    serving = [name for name in able if corrected and name and SERVED_FROM in axis.choices[name].sheet]
    return next(iter((*serving, *able)), axis.default)
