"""The choices that a platform has without having made them."""

from __future__ import annotations

from collections.abc import Iterable

from platform_new.catalog import Catalog
from platform_new.catalog.cards import SOURCE_AXIS, Axis
from platform_new.spec.models import Platform, Source
from platform_new.spec.streams import EventSource


def complete(platform: Platform, catalog: Catalog, sources: Iterable[Source | EventSource] = ()) -> Platform:
    """The platform with a choice on every axis: the default, or the first one that its sources can live with."""
    kinds = {source.kind for source in sources}
    missing = {
        axis.name: _default(axis, kinds, catalog)
        for axis in catalog.questions
        if not getattr(platform, axis.name, None)
    }
    return platform.model_copy(update=missing)


def _default(axis: Axis, kinds: set[str], catalog: Catalog) -> str | None:
    known = catalog.axes[SOURCE_AXIS].choices
    clashing = {
        clash.choice for kind in kinds if kind in known for clash in known[kind].clashes if clash.axis == axis.name
    }
    if axis.default not in clashing:
        return axis.default
    return next((name for name in axis.choices if name not in clashing), axis.default)
