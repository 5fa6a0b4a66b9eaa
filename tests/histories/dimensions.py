"""The expected marts after a run: every state in which runs have seen a member, and the version that a fact joins."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Any

from histories.history import CURSOR, KEYS, TABLE, Row, Types
from histories.recorded import Recorded, Typed, derive, record, show
from histories.repository import Repository

BEGINNING, END = "1900-01-01 00:00:00", "9999-12-31 00:00:00"
FUTURE = "2026-01-01"
"""Cursors from this time on are not times of the source; the runs themselves are later."""
MEMBER = {"customers": "customer", "cities": "city"}
ATTRIBUTES = {"customers": ["name", "city_id", "city"], "cities": ["city"]}
"""The attributes of each dimension on the first day; customers include the attribute of their city."""


@dataclass(frozen=True)
class Found:
    """A member as a run saw it: its attributes, or None if it was deleted, and the cursors of its rows."""

    attributes: Row | None
    typed: Typed
    cursors: tuple[str | None, ...] = ()
    sure: bool = True
    """Whether the run succeeded, so that the dimension must have this state."""


class Dimensions:
    """Follows the members of the dimensions from run to run.

    A style that `derives` versions records all that is loaded, and derives the versions from it in each run; in others,
    a snapshot records them.
    """

    def __init__(self, types: Types, *, derives: bool = False) -> None:
        self.derives = derives
        self.types = copy.deepcopy(types)
        self.attributes = {name: list(columns) for name, columns in ATTRIBUTES.items()}
        self.found: dict[str, dict[Any, list[Found]]] = {name: {} for name in ATTRIBUTES}
        self.missing: dict[str, list[Found]] = {name: [] for name in ATTRIBUTES}
        """What the runs have seen of a member that none of them saw."""

    def typed(self, name: str) -> Typed:
        """The types of a dimension's columns in the spec.

        A folded column has the type of the reference, otherwise its own, otherwise that of the dimension's table.
        """
        own = self.types.get(name, {})
        table = own.get(TABLE, 2)
        known = {column: own.get(column, table) for column in self.attributes[name]}
        if name == "customers" and "city" in known:
            known["city"] = own.get("city_id", self.types.get("cities", {}).get("city", table))
        return Typed(known, table)

    def forget(self, name: str, columns: list[str]) -> None:
        """Forget the types of columns that the source has no longer: a refresh has removed them from the spec."""
        types = self.types.get(name, {})
        for column in types.keys() - {TABLE, *columns}:
            del types[column]

    def follow_columns(self, name: str, columns: list[str]) -> None:
        """Record the current columns of a table in the spec; customers also have the attribute of their city."""
        if name == "cities":
            self.attributes["cities"] = [column for column in columns if column not in (KEYS[name], CURSOR)]
            rest = [column for column in self.attributes["customers"] if column != "city"]
            self.attributes["customers"] = [*rest, *(["city"] if "city" in columns else [])]
        elif name == "customers":
            folded = [column for column in self.attributes[name] if column == "city"]
            self.attributes[name] = [column for column in columns if column not in (KEYS[name], CURSOR)] + folded

    def follow(self, repository: Repository, *, sure: bool) -> None:
        """Record the rows of staging after a run; `sure` if all models were built."""
        cities = {row["city_id"]: row for row in repository.rows("staging", "stg_shop__{}", "cities") or []}
        for name, members in self.found.items():
            typed = self.typed(name)
            rows = repository.rows("staging", "stg_shop__{}", name) or []
            present = {row[KEYS[name]]: row for row in rows if not row.get("is_deleted")}
            for key in present.keys() | members.keys():
                members.setdefault(key, list(self.missing[name])).append(
                    _found(name, present.get(key), cities, typed, sure=sure)
                )
            self.missing[name].append(Found(None, typed, sure=sure))

    def differences(self, repository: Repository) -> Iterator[str]:
        """The differences of the dimensions and the fact from the expected state."""
        for name in self.found:
            yield from (f"dim_{name}: {line}" for line in self._dimension(repository, name))
        yield from (f"fct_orders: {line}" for line in self._fact(repository))

    def _dimension(self, repository: Repository, name: str) -> Iterator[str]:
        versions: dict[Any, list[Row]] = {}
        rows = repository.rows("marts", "dim_{}", name)
        if rows is None:
            yield "it does not exist"
            return
        for row in sorted(rows, key=lambda row: str(row.get("valid_from"))):
            versions.setdefault(row[KEYS[name]], []).append(row)
        if len(versions.pop(None, [])) != 1:
            yield "it has no unknown member"
        if not self.typed(name).is_recorded:
            yield from self._as_staged(repository, name, versions)
            return
        for key in versions.keys() - self.found[name].keys():
            yield f"member {key} never existed"
        profiles = _profiles(repository, name) if self.typed(name).of(4) else {}
        for key, found in self.found[name].items():
            lines = self._member(name, found, versions.get(key, []), profiles.get(key, []))
            yield from (f"member {key} {line}" for line in lines)

    def _as_staged(self, repository: Repository, name: str, members: dict[Any, list[Row]]) -> Iterator[str]:
        """The differences of a dimension without a snapshot from staging."""
        cities = {row["city_id"]: row for row in repository.rows("staging", "stg_shop__{}", "cities") or []}
        rows = repository.rows("staging", "stg_shop__{}", name) or []
        for row in rows:
            wanted = _found(name, row, cities, self.typed(name), sure=True).attributes
            have = members.get(row[KEYS[name]], [])
            if [_part(each, self.attributes[name]) for each in have] != [_part(wanted, self.attributes[name])]:
                yield f"member {row[KEYS[name]]} is {have}, not {wanted}"
        if members.keys() != {row[KEYS[name]] for row in rows}:
            yield f"it has the members {sorted(members)}"

    def _member(self, name: str, found: list[Found], versions: list[Row], profiles: list[Row]) -> Iterator[str]:
        typed, last = self.typed(name), found[-1]
        possible = [self._recorded(states, typed) for states in _certain(found)]
        wanted = [(show(rows, typed), _parts(rows, typed.of(4))) for rows in possible]
        have = [{column: row.get(column, "no such column") for column in _names(typed)} for row in versions]
        if (have, _parts(profiles, typed.of(4))) not in wanted:
            yield f"has the versions {have} and profiles {profiles}, not {wanted}"
            return
        if not versions:
            return
        current = {row.get(f"current_{MEMBER[name]}_profile_key", "no such column") for row in versions}
        if typed.of(4) and current != {profiles[-1].key}:
            yield f"has the current profile {current}, not {profiles[-1]}"
        if last.sure and versions[-1].get("is_deleted", last.attributes is None) != (last.attributes is None):
            yield f"is {'present' if last.attributes else 'deleted'}, but its last version is {versions[-1]}"
        if typed.has_versions:
            yield from self._validity(found, versions)

    def _recorded(self, states: list[Found], typed: Typed) -> list[Recorded]:
        if self.derives:
            return derive((state.attributes for state in states), typed)
        return record((state.attributes, state.typed) for state in states)

    def _validity(self, found: list[Found], versions: list[Row]) -> Iterator[str]:
        for earlier, later in pairwise(versions):
            if not earlier["valid_from"] < earlier["valid_to"] <= later["valid_from"]:
                yield f"has versions out of order: {earlier} {later}"
        last = versions[-1]
        if versions[0]["valid_from"] != BEGINNING:
            yield f"has a first version that starts on {versions[0]['valid_from']}"
        if any(row["is_current"] for row in versions[:-1]):
            yield "has a previous version that is current"
        if found[-1].sure and (last["is_current"], last["valid_to"] == END) != (found[-1].attributes is not None,) * 2:
            yield f"is {'present' if found[-1].attributes else 'deleted'}, but its last version is {last}"
        typed = found[-1].typed
        # A change of a column of type 3 or 4 is recorded as well, and no version can start before it.
        if not typed.of(3, 4) and all(state.typed == typed for state in found):
            yield from _beginnings(found, versions, typed.of(2, 6))

    def _fact(self, repository: Repository) -> Iterator[str]:
        facts = {row["order_id"]: row for row in repository.rows("marts", "fct_{}", "orders") or []}
        staged = {row["order_id"]: row for row in repository.rows("staging", "stg_shop__{}", "orders") or []}
        customers = repository.rows("marts", "dim_{}", "customers") or []
        profiles = _profiles(repository, "customers") if self.typed("customers").of(4) else {}
        if facts.keys() != staged.keys():
            yield f"it has the orders {sorted(facts)}, not {sorted(staged)}"
        for key, order in staged.items():
            fact = facts.get(key, {})
            if fact.get("amount") != order.get("amount"):
                yield f"order {key} has the amount {fact.get('amount')}, not {order.get('amount')}"
            valid = [row["customer_key"] for row in customers if _valid(row, order)] or ["-1"]
            if [fact.get("customer_key")] != valid:
                yield f"order {key} has the customer {fact.get('customer_key')}, not {valid}"
            known = [each.key for each in profiles.get(order["customer_id"], []) if _valid(each.validity, order)]
            if self.typed("customers").of(4) and [fact.get("customer_profile_key")] != (known or ["-1"]):
                yield f"order {key} has the profile {fact.get('customer_profile_key')}, not {known}"


@dataclass
class Profile(Recorded):
    """A profile of a member: its key in the mini-dimension, and when it was valid."""

    key: str
    validity: Row


def _profiles(repository: Repository, name: str) -> dict[Any, list[Profile]]:
    """The profiles of each member in the order of time."""
    key = f"{MEMBER[name]}_profile_key"
    rows = {row[key]: row for row in repository.rows("marts", "dim_{}_profile", name) or []}
    profiles: dict[Any, list[Profile]] = {}
    validities = repository.rows("intermediate", "int_{}_profiles", name) or []
    for row in sorted(validities, key=lambda row: str(row["valid_from"])):
        profile = Profile(rows[row[key]], follows=True, key=row[key], validity=row)
        profiles.setdefault(row[KEYS[name]], []).append(profile)
    return profiles


def _found(name: str, row: Row | None, cities: dict[Any, Row], typed: Typed, *, sure: bool) -> Found:
    if row is None:
        return Found(None, typed, sure=sure)
    if name != "customers":
        return Found(row, typed, (row.get(CURSOR),), sure)
    city = cities.get(row["city_id"], {})
    cursors = (row.get(CURSOR), city.get(CURSOR)) if city else (row.get(CURSOR),)
    return Found({**row, "city": city.get("city")}, typed, cursors, sure)


def _certain(found: list[Found]) -> Iterator[list[Found]]:
    """The possible states of a dimension: it may or may not have the state of a failed run."""
    unsure = [index for index, state in enumerate(found) if not state.sure]
    for known in product((True, False), repeat=min(len(unsure), 6)):
        left_out = {index for index, here in zip(unsure, known, strict=False) if not here}
        yield [state for index, state in enumerate(found) if index not in left_out]


def _parts(rows: list[Recorded], columns: list[str]) -> list[tuple]:
    """The values of these columns on each row; nothing if there are no columns."""
    return [_part(recorded.row, columns) for recorded in rows] if columns else []


def _names(typed: Typed) -> list[str]:
    """The columns of the dimension that show a column of the row."""
    shown = [column for column, type_ in typed.columns.items() if type_ != 4]
    return [*shown, *(f"previous_{column}" for column in typed.of(3)), *(f"current_{column}" for column in typed.of(6))]


def _part(row: Row, columns: list[str]) -> tuple:
    return tuple(row.get(column, "no such column") for column in columns)


def _beginnings(found: list[Found], versions: list[Row], columns: list[str]) -> Iterator[str]:
    """A version starts at the newest cursor of its rows if that is newer, otherwise at the run that found it.

    A first state without a cursor starts at its run or at the beginning of time: both are accepted.
    """
    changes = [
        after
        for before, after in pairwise(found)
        if before.attributes
        and after.attributes
        and _part(before.attributes, columns) != _part(after.attributes, columns)
    ]
    if len(changes) != len(versions) - 1 or not all(state.sure for state in found):
        return
    known = [cursor for cursor in found[0].cursors if cursor and cursor < FUTURE]
    recorded = max(known, default=BEGINNING)
    for change, version in zip(changes, versions[1:], strict=True):
        if all(cursor and cursor < FUTURE for cursor in change.cursors):
            newest = max(change.cursors)
            begins = version["valid_from"]
            either = not known and recorded == BEGINNING and begins >= FUTURE
            if not either and (newest > recorded) != (begins == newest) and (newest > recorded or begins < FUTURE):
                yield f"has a version that starts on {begins}, not {newest if newest > recorded else 'its run'}"
        recorded = max(recorded, version["valid_from"])


def _valid(customer: Row, order: Row) -> bool:
    if customer["customer_id"] is None or customer["customer_id"] != order["customer_id"]:
        return False
    if "valid_from" not in customer:
        return True
    if order["ordered_at"] is None:
        return customer["is_current"]
    return customer["valid_from"] <= order["ordered_at"] < customer["valid_to"]
