"""Recognises credentials by names in several languages, by the table of a column, and by the shape of values."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from platform_new.introspect import secret_words as words
from platform_new.introspect.phrases import Phrases, Vocabulary, Words, plain
from platform_new.introspect.value_shapes import count_random, count_secrets
from platform_new.spec.data_type import WHOLE

TYPES = ("text", "binary", "json", "uuid")
SECRETS = Phrases(words.SECRETS.split("|"))
OF_AN_ACCOUNT = Phrases(words.OF_AN_ACCOUNT.split("|"))
OF_A_SECRET = Phrases(words.OF_A_SECRET.split("|"))
SECRET_TABLES = Phrases(words.SECRET_TABLES.split("|"))
ACCOUNTS = Phrases(words.ACCOUNTS.split())
NOT_OF_SECRETS = Phrases(words.NOT_OF_SECRETS.split())
IN_DIGITS = Phrases(
    ("password", "passcode", "pin", "pin code", "otp", "otp code", "verification code", "one time code")
)
ADDRESSES = frozenset(("address", "city", "country", "district", "state", "street"))
ENDINGS = frozenset(words.ENDINGS.split())
BLOCKERS = frozenset(words.BLOCKERS.split())
WEAK = frozenset(words.WEAK.split())
NOT_RANDOM_SECRETS = frozenset(words.NOT_RANDOM_SECRETS.split())
VOCABULARY = Vocabulary(
    *(
        group.split("|")
        for group in (words.SECRETS, words.OF_AN_ACCOUNT, words.OF_A_SECRET, words.SECRET_TABLES, words.ENDINGS)
    ),
    *(group.split() for group in (words.ACCOUNTS, words.ENDINGS, "email id user db client private auth")),
)


def why_credential(
    table: str, column: str, type_: str, samples: Sequence[str] = (), siblings: Collection[str] = ()
) -> str | None:
    """Why a column holds credentials; None if there is no sign of it. The reason contains no sample."""
    of_table, of_column = VOCABULARY.words_of(table), VOCABULARY.words_of(column)
    by_name = _by_name(of_table, of_column, type_, siblings)
    hits = count_secrets(samples) if type_ in ("text", "json") else 0
    if not hits and _may_be_random(of_table, of_column):
        hits = count_random(samples) if type_ == "text" else 0
    return evidence(by_name, hits, samples) if by_name or hits else None


def evidence(by_name: str | None, hits: int, samples: Sequence[str]) -> str:
    """What a guess rests on: the names, or so many of the sampled values, or both."""
    values = f"{hits} of {len(samples)} sampled values" if hits else ""
    return f"from {' and '.join(part for part in (by_name, values) if part)}"


def _by_name(table: Words, column: Words, type_: str, siblings: Collection[str]) -> str | None:
    if type_ not in TYPES and not (type_ in WHOLE and _is_in_digits(column)):
        return None
    if len(column) == 1 and any((word,) in NOT_OF_SECRETS for word in table):
        return None
    if column[-2:] == ("pin", "code") and not ADDRESSES.isdisjoint(word for each in siblings for word in plain(each)):
        # In India, a PIN code is a postal code.
        return None
    found = SECRETS.split(column, ENDINGS)
    if found and not BLOCKERS.intersection(found[0]):
        return "its name"
    is_pair = column == ("key",) and "value" in siblings
    in_secrets = SECRET_TABLES.split(table, ()) and not ("session" in table[-1] and column == ("code",))
    if column in OF_A_SECRET and in_secrets and not is_pair:
        return "its name and its table's name"
    found = OF_AN_ACCOUNT.split(column, ENDINGS)
    if found and not BLOCKERS.intersection(found[0]) and ((ACCOUNTS.split(table, ())) or ACCOUNTS.split(found[0], ())):
        return "its name and its table's name"
    return None


def _is_in_digits(column: Words) -> bool:
    found = IN_DIGITS.split(column, ())
    return bool(found) and not BLOCKERS.intersection(found[0])


def _may_be_random(table: Words, column: Words) -> bool:
    if column[-1:] == ("id",):
        return False
    return bool(WEAK.intersection(column)) and not NOT_RANDOM_SECRETS.intersection((*table, *column))
