"""Snowflake schema: a star whose dimensions keep the keys to their parents (Kimball and Ross, ch. 1, "Snowflake")."""

from __future__ import annotations

from platform_new.plan.model import Model, PlannedSource
from platform_new.plan.modeling import star
from platform_new.plan.modeling.fold import KEEP
from platform_new.spec.models import PlatformCore


def derive(sources: tuple[PlannedSource, ...], platform: PlatformCore, rebuilt_because: str = "") -> Model:
    """Derive the facts and dimensions of a star; by default, dimensions fold none of their parents."""
    parents = platform.dimension_parents or KEEP
    return star.derive(sources, platform.model_copy(update={"dimension_parents": parents}), rebuilt_because)
