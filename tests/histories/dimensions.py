"""The expected marts after a run: every state in which runs have seen a member, and the version that a fact joins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise, product
from typing import Any

from histories.history import CURSOR, KEYS, Row
from histories.repository import Repository

BEGINNING, END = "1900-01-01 00:00:00", "9999-12-31 00:00:00"
FUTURE = "2026-01-01"
"""Cursors from this time on are not times of the source; the runs themselves are later."""
ATTRIBUTES = {"customers": ["name", "city_id", "city"], "cities": ["city"]}
"""The attributes of each dimension on the first day; customers include the attribute of their city."""


@dataclass(frozen=True)
class Found:
    """A member as a run saw it: its attributes, or None if it was deleted, and the cursors of its rows."""

    attributes: Row | None
    cursors: tuple[str | None, ...] = ()
    sure: bool = True
    """Whether the run succeeded, so that the dimension must have this state."""


class Dimensions:
    """Follows the members of the dimensions from run to run."""

    def __init__(self) -> None:
        self.attributes = {name: list(columns) for name, columns in ATTRIBUTES.items()}
        self.found: dict[str, dict[Any, list[Found]]] = {name: {} for name in ATTRIBUTES}
        self.runs = 0

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
            rows = repository.rows("staging", "stg_shop__{}", name) or []
            present = {row[KEYS[name]]: row for row in rows if not row.get("is_deleted")}
            for key in present.keys() | members.keys():
                members.setdefault(key, [Found(None)] * self.runs).append(
                    _found(name, present.get(key), cities, sure=sure)
                )
        self.runs += 1

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
        for key in versions.keys() - self.found[name].keys():
            yield f"member {key} never existed"
        for key, found in self.found[name].items():
            yield from (f"member {key} {line}" for line in self._member(name, found, versions.get(key, [])))

    def _member(self, name: str, found: list[Found], versions: list[Row]) -> Iterator[str]:
        columns = self.attributes[name]
        have = [_part(row, columns) for row in versions]
        wanted = {_collapsed(_filled(states, columns)) for states in _certain(found)}
        if _collapsed(tuple(have)) not in wanted:
            yield f"has the versions {have}, not {sorted(wanted, key=str)}"
            return
        if not versions:
            return
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
        yield from _beginnings(found, versions, columns)

    def _fact(self, repository: Repository) -> Iterator[str]:
        facts = {row["order_id"]: row for row in repository.rows("marts", "fct_{}", "orders") or []}
        staged = {row["order_id"]: row for row in repository.rows("staging", "stg_shop__{}", "orders") or []}
        customers = repository.rows("marts", "dim_{}", "customers") or []
        if facts.keys() != staged.keys():
            yield f"it has the orders {sorted(facts)}, not {sorted(staged)}"
        for key, order in staged.items():
            fact = facts.get(key, {})
            if fact.get("amount") != order.get("amount"):
                yield f"order {key} has the amount {fact.get('amount')}, not {order.get('amount')}"
            valid = [row["customer_key"] for row in customers if _valid(row, order)] or ["-1"]
            if [fact.get("customer_key")] != valid:
                yield f"order {key} has the customer {fact.get('customer_key')}, not {valid}"


def _found(name: str, row: Row | None, cities: dict[Any, Row], *, sure: bool) -> Found:
    if row is None:
        return Found(None, sure=sure)
    if name != "customers":
        return Found(row, (row.get(CURSOR),), sure)
    city = cities.get(row["city_id"], {})
    cursors = (row.get(CURSOR), city.get(CURSOR)) if city else (row.get(CURSOR),)
    return Found({**row, "city": city.get("city")}, cursors, sure)


def _certain(found: list[Found]) -> Iterator[list[Found]]:
    """The possible states of a dimension: it may or may not have the state of a failed run."""
    unsure = [index for index, state in enumerate(found) if not state.sure]
    for known in product((True, False), repeat=min(len(unsure), 6)):
        left_out = {index for index, here in zip(unsure, known, strict=False) if not here}
        yield [state for index, state in enumerate(found) if index not in left_out]


def _filled(states: list[Found], columns: list[str]) -> tuple:
    """The attributes of each state; a column added later has its first recorded value from the beginning."""
    there = [state.attributes for state in states if state.attributes is not None]
    first = {column: next((row[column] for row in there if column in row), None) for column in columns}
    return tuple(tuple(row.get(column, first[column]) for column in columns) for row in there)


def _part(row: Row, columns: list[str]) -> tuple:
    return tuple(row.get(column, "no such column") for column in columns)


def _collapsed(states: tuple) -> tuple:
    return tuple(state for state, _ in groupby(states))


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
    if order["ordered_at"] is None:
        return customer["is_current"]
    return customer["valid_from"] <= order["ordered_at"] < customer["valid_to"]
