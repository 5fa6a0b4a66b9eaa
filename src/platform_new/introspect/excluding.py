"""Excludes the columns that hold credentials, and those that point to them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NamedTuple

from platform_new.introspect.catalog import FoundCatalog, FoundTable, TableId
from platform_new.introspect.personal import CREDENTIAL

Place = tuple[TableId, str]


class Guess(NamedTuple):
    """The kind of what a column holds, and the reason for the guess."""

    kind: str
    reason: str


Guesses = dict[Place, Guess]


def leave_out_credentials(
    found: FoundCatalog, guesses: Guesses, loaded: Callable[[TableId, str], bool]
) -> FoundCatalog:
    """The catalog with every credential excluded, but for those that are loaded already.

    Columns that point to a credential have the same values: they join the guesses, and are excluded with it.
    """
    while more := _pointing_to_credentials(found, guesses):
        guesses |= more
    return replace(found, tables=tuple(_without(table, guesses, loaded) for table in found.tables))


def _pointing_to_credentials(found: FoundCatalog, guesses: Mapping[Place, Guess]) -> Guesses:
    return {
        (table.id, mine): Guess(CREDENTIAL, f"points to {key.to}.{theirs}, a credential")
        for table in found.tables
        for key in table.foreign_keys
        for mine, theirs in zip(key.columns, key.to_columns, strict=False)
        if (table.id, mine) not in guesses and guesses.get((key.to, theirs), ("",))[0] == CREDENTIAL
    }


def _without(table: FoundTable, guesses: Mapping[Place, Guess], loaded: Callable[[TableId, str], bool]) -> FoundTable:
    columns = tuple(
        replace(column, exclude=CREDENTIAL)
        if (guess := guesses.get((table.id, column.name)))
        and guess.kind == CREDENTIAL
        and not column.exclude
        and not loaded(table.id, column.name)
        else column
        for column in table.columns
    )
    return replace(table, columns=columns)
