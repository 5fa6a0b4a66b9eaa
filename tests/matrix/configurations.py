"""The configurations of the matrix, read from the catalog: a new choice needs no change here."""

from __future__ import annotations

from covering import Configuration, covering

from platform_new.catalog import SOURCE_AXIS, Choice, load_catalog
from platform_new.catalog.axes import names_in
from platform_new.samples import sample_source
from platform_new.spec.calendar import Calendar
from platform_new.spec.events.models import EventSource
from platform_new.spec.models import Platform, Source, Spec

CATALOG = load_catalog()
NOTHING = "nothing"
"""The configuration has no choice on an axis that takes several."""
AXES = {axis.name: [*axis.choices, *([NOTHING] * axis.many)] for axis in CATALOG.axes.values()}


def possible(configuration: Configuration) -> bool:
    """Whether no card of the configuration clashes with another, or refuses sources of its kind."""
    cards = [CATALOG.choice(axis, name) for axis, names in configuration.items() for name in chosen_in(names)]
    carries_tables = SOURCE_AXIS in configuration and not kind_of(configuration).carries_events
    return not any(
        (carries_tables and card.sheet.no_tables)
        or any(configuration.get(clash.axis) == clash.choice for clash in card.clashes)
        for card in cards
    )


def chosen_in(names: str) -> tuple[str, ...]:
    """The choices on an axis, which may be several or none."""
    return () if names == NOTHING else names_in(names)


def kind_of(configuration: Configuration) -> Choice:
    """The card of the configuration's kind of source."""
    return CATALOG.choice(SOURCE_AXIS, configuration[SOURCE_AXIS])


EVENTS = [name for name, kind in CATALOG.axes[SOURCE_AXIS].choices.items() if kind.carries_events]
CONFIGURATIONS = covering(AXES, possible)
"""Every pair of choices; and again every pair that is possible together with events, which add their own files."""
CONFIGURATIONS += [each for each in covering({**AXES, SOURCE_AXIS: EVENTS}, possible) if each not in CONFIGURATIONS]


def choices_of(configurations: list[Configuration]) -> set[tuple[str, str]]:
    """Every choice in these configurations, with its axis, except the kinds of sources."""
    chosen = {item for configuration in configurations for item in configuration.items()}
    return {(axis, choice) for axis, choice in chosen if axis != SOURCE_AXIS}


DEFAULTS = {axis.name: (*axis.default, NOTHING)[0] for axis in CATALOG.questions}
FULLEST = {**DEFAULTS, "warehouse": "postgres", "orchestrator": "airflow", "ci": "github", SOURCE_AXIS: "postgres"}
FULLEST |= {axis.name: ",".join(axis.choices) for axis in CATALOG.questions if axis.many}
"""The choices that generate the most files of every kind."""


def in_style(style: str) -> Configuration:
    """The fullest configuration in a modeling style, without what the style cannot have."""
    styled = {**FULLEST, "modeling": style}
    without = {**styled, **{axis.name: NOTHING for axis in CATALOG.questions if axis.many}}
    return styled if possible(styled) else without


NOT_IN_A_RUN = {"orchestrator", "ci"}
"""The axes whose choices `make run` does not use; orchestrators are run by tests of their own."""
EXECUTED = covering({axis: choices for axis, choices in AXES.items() if axis not in NOT_IN_A_RUN}, possible)
"""Every pair of the choices that `make run` uses."""


def few_of(configurations: list[Configuration], others: list[Configuration]) -> list[Configuration]:
    """A few of the configurations that have every choice that is not in `others`.

    The kinds of sources do not count: other tests read these.
    """
    missing, chosen = choices_of(configurations) - choices_of(others), []
    while missing:
        chosen.append(max(configurations, key=lambda each: len(each.items() & missing)))
        missing -= chosen[-1].items()
    return chosen


def spec_of(configuration: Configuration) -> Spec:
    """The built-in samples as sources of the configuration's kind, on a platform with its choices."""
    choices = {axis: chosen_in(names) for axis, names in configuration.items() if axis != SOURCE_AXIS}
    kind, cards = kind_of(configuration), [CATALOG.choice(axis, name) for axis in choices for name in choices[axis]]
    shown = next((card.sheet.samples for card in cards if card.sheet.samples and kind.carries_events), ["shop"])
    samples = [sample_source(name) for name in shown]
    events = [sample for sample in samples if isinstance(sample, EventSource)]
    tables = [sample for sample in samples if isinstance(sample, Source)]
    chosen = events if kind.carries_events else tables
    chosen[:] = [sample.model_copy(update={"kind": kind.name}) for sample in chosen]
    choices = {axis: names if CATALOG.axes[axis].many else names[0] for axis, names in choices.items()}
    platform = Platform(name="acme", calendar=Calendar(fiscal_year_start=7, holidays="DE"), **choices)
    return Spec(platform=platform, sources=tuple(tables), event_sources=tuple(events))
