"""Guesses which columns hold personal data or credentials by their names, their table's name, and a few values."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from platform_new.introspect import sensitive_words as words
from platform_new.introspect.credentials import evidence, why_credential
from platform_new.introspect.phrases import Phrases, Vocabulary, Words, singulars, spellings
from platform_new.introspect.value_shapes import personal_kind
from platform_new.spec.data_type import WHOLE, DataType

CREDENTIAL = "credential"
TEXTS = ("text",)
TYPES: Mapping[str, tuple[str, ...]] = {
    "email": ("text", "json"),
    "phone": ("text", "integer", "bigint"),
    "ip": TEXTS,
    "birth_date": ("text", "date", "timestamp", "timestamptz", *WHOLE),
    "national_id": ("text", "integer", "bigint", "numeric"),
    "bank_account": ("text", "bigint"),
    "name": TEXTS,
    "other": ("text", "binary"),
    "address": ("text", "numeric", "real", "double"),
}
"""The types that can hold each kind."""

OF_PLACES = ("email", "phone", "address", "national_id")
"""The kinds that places have as well as people."""


def _all(by_language: Mapping[str, str], separator: str | None = "|") -> list[str]:
    return list(spellings(" ".join(each.split()) for text in by_language.values() for each in text.split(separator)))


STRONG = {kind: Phrases(_all(by_language)) for kind, by_language in words.STRONG.items()}
WHERE_IT_IS = Phrases(_all(words.WHERE_IT_IS))
WHERE_A_PERSON_IS = Phrases(_all(words.WHERE_A_PERSON_IS))
SETTLEMENTS = Phrases(words.SETTLEMENTS.split())
OF_A_PERSON = {kind: Phrases(_all(by_language)) for kind, by_language in words.OF_A_PERSON.items()}
PEOPLE = Phrases(_all(words.PEOPLE, None))
PLACES = Phrases(_all(words.PLACES, None))
ADDRESSES = Phrases(("address", "addr", "adresse", "anschrift", "direccion", "domicilio"))
CODED, PAY, DIGITS = (Phrases(group.split()) for group in (words.CODED, words.PAY, words.DIGITS))
OF_A_DEVICE = Phrases(words.OF_A_DEVICE.split("|"))
THINGS, NOT_POSTAL, CARRIED = (Phrases(group.split()) for group in (words.THINGS, words.NOT_POSTAL, words.CARRIED))
ENDINGS, BLOCKERS, WHOSE, SHIPMENTS, LEDGERS, ABOUT_PEOPLE = (
    frozenset(group.split())
    for group in (words.ENDINGS, words.BLOCKERS, words.WHOSE, words.SHIPMENTS, words.LEDGERS, words.ABOUT_PEOPLE)
)
BY_WHAT_IS_LISTED = {"email": "email", "ip": "ip", "mac": "other"}
"""The kind of an `address` in a table of such addresses."""

VOCABULARY = Vocabulary(
    *(_all(by_language) for by_language in (*words.STRONG.values(), *words.OF_A_PERSON.values(), words.WHERE_IT_IS)),
    *(_all(group, None) for group in (words.PEOPLE, words.PLACES)),
    (*ENDINGS, *BLOCKERS, *WHOSE, *ABOUT_PEOPLE),
    words.OF_A_DEVICE.split("|"),
    words.PAY_PERIODS.split(),
)


def guess(
    table: str, column: str, type_: str, samples: Sequence[str], siblings: Collection[str] = ()
) -> tuple[str, str] | None:
    """The kind of personal data in a column and the reason for the guess; None if there is no sign of it.

    `siblings` are the names of the table's columns, `samples` a few values; the reason contains no sample.
    """
    if why := why_credential(table, column, type_, samples, siblings):
        return CREDENTIAL, why
    by_name = _by_name(VOCABULARY.words_of(table), VOCABULARY.words_of(column), DataType.parse(type_), siblings)
    by_values, hits = personal_kind(samples) if type_ in TEXTS else (None, 0)
    if by_values:
        return by_values, evidence("its name" if by_values == by_name else None, hits, samples)
    return (by_name, evidence("its name", 0, samples)) if by_name else None


def _by_name(table: Words, column: Words, type_: DataType, siblings: Collection[str]) -> str | None:
    column = _without_prefix(table, column)
    has_a_person = _has_a_person(siblings)
    is_place = _is_place(table) and not has_a_person
    for kind, phrases in STRONG.items():
        found = _found(phrases, column)
        if found is None or not _holds(kind, column, type_):
            continue
        of_place = kind in OF_PLACES and (is_place or _names_place(found))
        of_ledger = kind == "bank_account" and LEDGERS.intersection(table)
        of_thing = kind in ("other", "birth_date") and THINGS.split(table, ()) is not None
        if not (of_place or of_ledger or of_thing or column[-2:] == ("last", "login")):
            return kind
    found = _found(OF_A_DEVICE, column)
    if found is not None and type_.base == "text" and any((word,) in CARRIED for word in (*table, *found)):
        return "other"
    if kind := _of_an_address(table, column, type_, is_place):
        return kind
    is_person = not is_place and not THINGS.split(table, ()) and (_is_person(table) or has_a_person)
    for kind, phrases in OF_A_PERSON.items():
        found = _found(phrases, column)
        if found is not None and _holds(kind, column, type_) and _is_whose(kind, table, found, is_person):
            return kind
    found = _found(WHERE_A_PERSON_IS, column)
    if found is not None and _holds("address", column, type_) and not is_place and not _names_place(found):
        of_addresses = ADDRESSES.split(table, ())
        if not found and column in SETTLEMENTS and not (of_addresses or _has_an_address(siblings)):
            return None
        is_own = is_person or of_addresses or WHOSE.intersection(found) or _names_person(found)
        return "address" if is_own else None
    return None


def _without_prefix(table: Words, column: Words) -> Words:
    """The column's name without a prefix that abbreviates the table, such as `c_` or `cust_` in customers."""
    first = column[:1]
    is_prefix = len(column) > 1 and any(word.startswith(first[0]) and first[0] not in singulars(word) for word in table)
    return column[1:] if is_prefix else column


def _of_an_address(table: Words, column: Words, type_: DataType, is_place: bool) -> str | None:
    found = _found(WHERE_IT_IS, column)
    if found is None or not _holds("address", column, type_):
        return None
    if column[-1] in ("address", "addr"):
        if any((word,) in NOT_POSTAL for word in (*table, *found)):
            return None
        kinds = (kind for word, kind in BY_WHAT_IS_LISTED.items() if word in table)
        if kind := next(kinds, None):
            return kind
    return None if (is_place and not WHOSE.intersection(found)) or _names_place(found) else "address"


def _found(phrases: Phrases, column: Words) -> Words | None:
    """The words before the phrase, unless one of them gives the phrase another meaning."""
    found = phrases.split(column, ENDINGS)
    return found[0] if found and not BLOCKERS.intersection(found[0]) else None


def _holds(kind: str, column: Words, type_: DataType) -> bool:
    if type_.base in TYPES[kind]:
        # As a whole number, it is the key of a table of taxes.
        return not (type_.is_whole and column[-2:] in (("tax", "id"), ("vat", "id")))
    if kind == "address":
        return type_.is_whole and any((word,) in DIGITS for word in column)
    last = column[-1:]
    return kind == "other" and ((type_.is_number and last in PAY) or (type_.is_whole and last in CODED))


def _is_whose(kind: str, table: Words, before: Words, is_person: bool) -> bool:
    """Whether the name, note or number is a person's: by its table, or by the words before it."""
    if _names_person(before[-1:]):
        return True
    if kind == "name":
        of_shipment = bool(SHIPMENTS.intersection(before[-1:])) and not any(word[:4] == "ship" for word in table)
        return of_shipment or (is_person and all(len(word) == 1 for word in before))
    return is_person


def _is_person(table: Words) -> bool:
    return PEOPLE.split(table, ABOUT_PEOPLE) is not None


def _is_place(table: Words) -> bool:
    return PLACES.split(table, (*ABOUT_PEOPLE, "code")) is not None and not _is_person(table)


def _names_person(before: Words) -> bool:
    return any((word,) in PEOPLE for word in before)


def _names_place(before: Words) -> bool:
    return any((word,) in PLACES for word in before) and not _names_person(before)


def _has_an_address(siblings: Iterable[str]) -> bool:
    """Whether a column is more precise about where a person lives than the name of a town, which thousands share."""
    return any(_found(WHERE_IT_IS, VOCABULARY.words_of(sibling)) is not None for sibling in siblings)


def _has_a_person(siblings: Iterable[str]) -> bool:
    """Whether the columns describe a person: one of them is a person's name or date of birth."""
    for sibling in siblings:
        name = VOCABULARY.words_of(sibling)
        for kind in ("name", "birth_date"):
            before = _found(STRONG[kind], name)
            if before is not None and all(len(word) == 1 for word in before):
                return True
    return False
