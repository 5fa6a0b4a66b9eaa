"""The configurations of the matrix, read from the catalog: who adds a choice adds nothing here."""

from __future__ import annotations

from covering import Configuration, covering

from platform_new.catalog import load_catalog
from platform_new.catalog.cards import SOURCE_AXIS
from platform_new.samples import sample_source
from platform_new.spec.models import Platform, Spec

CATALOG = load_catalog()
AXES = {axis.name: list(axis.choices) for axis in CATALOG.axes.values()}


def possible(configuration: Configuration) -> bool:
    """Whether no card of the configuration clashes with another."""
    return not any(
        configuration.get(clash.axis) == clash.choice
        for axis, name in configuration.items()
        for clash in CATALOG.choice(axis, name).clashes
    )


CONFIGURATIONS = covering(AXES, possible)


def spec_of(configuration: Configuration) -> Spec:
    """A built-in sample source, as a source of the configuration's kind, on a platform of its choices."""
    choices = {axis: name for axis, name in configuration.items() if axis != SOURCE_AXIS}
    platform, kind = Platform(name="acme", **choices), configuration[SOURCE_AXIS]
    shop = sample_source("shop")
    if CATALOG.choice(SOURCE_AXIS, kind).carries_events:
        web = sample_source("web").model_copy(update={"kind": kind})
        return Spec(platform=platform, sources=(shop,), event_sources=(web,))
    return Spec(platform=platform, sources=(shop.model_copy(update={"kind": kind}),))
