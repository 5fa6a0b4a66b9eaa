"""The keys of facts and bridges to dimensions: which references get one, and which version of a member it points to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from platform_new.plan.model import Link, Mart, StagedTable
from platform_new.plan.modeling.attributes import names_editor, names_tenant, own_columns
from platform_new.plan.modeling.body import Folding
from platform_new.plan.modeling.dimensions import Dimension
from platform_new.plan.modeling.fold import MAX_JOINS, TOO_MANY_JOINS
from platform_new.plan.modeling.member import select_key
from platform_new.plan.modeling.profiles import MiniDimension

Owners = Sequence[tuple[StagedTable, str]]
"""The tables of a fact, from the lines to the last header, each with its alias."""


def select_dimension_keys(
    folding: Folding,
    owners: Owners,
    event_time: tuple[str, bool] | None,
    dimensions: Mapping[str, Dimension],
    shared: frozenset[str],
) -> None:
    """Add a key for each reference to a dimension, as of `event_time`, a column and whether it is required.

    A dimension that does nothing but combine others, such as the copies of a film in stores, brings their keys too.

    If there are more references than a model may have joins, those to who wrote a row and whose it is are the first
    to get no key; the description of their foreign key says so.
    """
    found = list(_references(owners, dimensions))
    ranked = sorted(found, key=lambda each: names_editor(each[1]) or names_tenant(each[1], shared))
    chosen = ranked[: max(0, MAX_JOINS - len(folding.joins))]
    combined: list[tuple[Dimension, str]] = []
    for owner_alias, link, dimension in found:
        if (owner_alias, link, dimension) in chosen:
            joined = _select_key(folding, owner_alias, link, dimension.mart, event_time)
            if _combines(dimension.table):
                combined.append((dimension, joined))
        else:
            said = f"It has no key to {dimension.mart.name} because {TOO_MANY_JOINS}"
            folding.note(f"{owner_alias}.{link.columns[0]}", said)
    own = {(link.role, dimension.mart.name) for _, link, dimension in found}
    for dimension, joined in combined:
        _select_combined(folding, dimension, joined, own, dimensions, event_time)
    for owner_alias, link, dimension in found:
        if dimension.mini and (owner_alias, link, dimension) in chosen:
            _select_profile(folding, owner_alias, link, dimension.mini, _as_of(event_time))


def _references(owners: Owners, dimensions: Mapping[str, Dimension]) -> Iterator[tuple[str, Link, Dimension]]:
    """The references to dimensions. What a line says itself, its header does not say again."""
    seen: set[tuple[str, str]] = set()
    for owner, owner_alias in owners:
        said = set()
        for link in owner.links:
            full_name = link.to if "." in link.to else f"{owner.source}.{link.to}"
            if full_name in dimensions and (link.role, full_name) not in seen:
                said.add((link.role, full_name))
                yield owner_alias, link, dimensions[full_name]
        seen |= said


def _combines(dimension: StagedTable) -> bool:
    """Whether the dimension has nothing but its key and references to several others."""
    own = {column.kind for column in own_columns(dimension)}
    return own <= {"key", "foreign_key", "deletion"} and len({link.to for link in dimension.links}) > 1


def _select_combined(
    folding: Folding,
    combining: Dimension,
    joined: str,
    own: set[tuple[str, str]],
    dimensions: Mapping[str, Dimension],
    event_time: tuple[str, bool] | None,
) -> None:
    """Add the keys that a joined dimension combines, except those that the fact has of its own, by role and mart."""
    columns = {column.name: column for column in combining.mart.columns}
    for _, link, parent in _references([(combining.table, joined)], dimensions):
        fits = (link.role, parent.mart.name) not in own and columns.keys() >= set(link.columns)
        if fits and parent is not combining and len(folding.joins) < MAX_JOINS:
            own.add((link.role, parent.mart.name))
            for name in link.columns:
                folding.select(f"{joined}.{name}", replace(columns[name], kind="foreign_key", required=False))
            _select_key(folding, joined, link, parent.mart, event_time)


def _select_key(folding: Folding, owner_alias: str, link: Link, mart: Mart, event_time: tuple[str, bool] | None) -> str:
    """Join a dimension and add its key; returns the alias of its rows."""
    conditions = _as_of(event_time) if mart.detail.history else ()
    joined = folding.join(mart.name, mart.name, link.role, _pairs(owner_alias, link, link.to_columns), conditions)
    key = mart.detail.surrogate_key
    select_key(folding, joined, mart.name, key, key if link.plain else f"{link.role}_key", f"Key of {mart.name}")
    return joined


def _select_profile(
    folding: Folding, owner_alias: str, link: Link, mini: MiniDimension, conditions: tuple[str, ...]
) -> None:
    """Add the key of the profile that the member had, unless there is no room or the member is not found by its key."""
    view, mart = mini.profiles, mini.mart
    names = {item.expression: item.column.name for item in view.key}
    because = TOO_MANY_JOINS if len(folding.joins) >= MAX_JOINS else ""
    if not set(link.to_columns) <= names.keys():
        because = "it refers to another column than the key"
    if because:
        folding.note(f"{owner_alias}.{link.columns[0]}", f"It has no key to {mart.name} because {because}")
        return
    pairs = _pairs(owner_alias, link, [names[name] for name in link.to_columns])
    joined = folding.join(view.model, view.model, f"{link.role}_profiles", pairs, conditions)
    name = view.profile_key if link.plain else f"{link.role}_profile_key"
    said = f"Key of {mart.name}: the profile of the member at that time"
    select_key(folding, joined, mart.name, view.profile_key, name, said)


def _pairs(owner_alias: str, link: Link, theirs: Sequence[str]) -> list[tuple[str, str]]:
    return [(f"{owner_alias}.{mine}", column) for mine, column in zip(link.columns, theirs, strict=True)]


def _as_of(event_time: tuple[str, bool] | None) -> tuple[str, ...]:
    """The conditions that choose a member's version: the version valid at the event time, or the current version.

    Each compares the two sides of the join, without `or`: an engine can then match rows by their keys and check the
    times of the few that match.
    """
    if event_time is None:
        return ("{alias}.is_current",)
    expression, required = event_time
    time = expression if required else f"coalesce({expression}, {{{{ latest_time() }}}})"
    return (f"{time} >= {{alias}}.valid_from", f"{time} < {{alias}}.valid_to")
