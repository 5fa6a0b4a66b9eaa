"""The words of names, comparable whatever their number or spelling: `custKey`, `customers` and `CUSTOMER_ID`. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache

from anyascii import anyascii

Words = tuple[str, ...]

MARKS = frozenset(
    ("code", "guid", "id", "ident", "identifier", "key", "nbr", "no", "nr", "num", "number", "pk", "ref", "sk", "uuid")
)
"""Words at the end of a name that say that the column identifies something."""
GLUED_MARKS = ("guid", "uuid", "key", "id", "sk", "fk", "no")
LINKS = frozenset(("fk", "id", "link", "ref", "to"))
"""Words at the start of a name that say that the column points to something: `link_to_event`, `fk_customer`."""
IRREGULAR = {"people": "person", "persons": "person", "children": "child", "men": "man", "women": "woman"}
SHORTEST_PREFIX, SHORT = 3, 3
"""Fewer columns with a common first word are no evidence that the word is a prefix, unless it has few letters."""


@lru_cache(maxsize=65536)
def words(name: str) -> Words:
    """The words and numbers of a name, words in the singular, split at separators, capitals and digits."""
    text = re.sub(r"([a-z0-9])([A-Z])|([A-Z]+)([A-Z][a-z])", r"\1\3 \2\4", anyascii(name))
    return tuple(map(singular, re.findall(r"[a-z]+|[0-9]+", text.lower())))


@lru_cache(maxsize=65536)
def singular(word: str) -> str:
    """A form that singular and plural share; it is for comparison, not for reading (`movy`, `invoic`)."""
    word = IRREGULAR.get(word, word)
    if len(word) > 2 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    word = word.removesuffix("e") if len(word) > 3 else word
    return f"{word[:-1]}y" if word.endswith("i") and len(word) > 3 else word


MARK_WORDS = frozenset(map(singular, MARKS))


def column_prefix(table: str, columns: Sequence[str]) -> Words:
    """The words that begin all columns of a table, such as `l` in `l_orderkey`; not the table's own name."""
    split = [words(column) for column in columns]
    firsts = Counter(each[0] for each in split if len(each) > 1)
    if not firsts or len(columns) < 2:
        return ()
    first, count = firsts.most_common(1)[0]
    enough = count >= SHORTEST_PREFIX or len(first) <= SHORT
    everywhere = enough and count >= 0.9 * len(columns)
    return (first,) if everywhere and (first,) != words(table) else ()


def table_prefixes(tables: Iterable[str]) -> frozenset[str]:
    """The first words that several tables share, such as `m` in `m_client`, `m_office`, `m_loan`."""
    split = [words(table) for table in tables]
    firsts = Counter(each[0] for each in split if len(each) > 1)
    alone = {each[0] for each in split if len(each) == 1}
    return frozenset(
        word for word, count in firsts.items() if word not in alone and ((count >= 3 and len(word) <= 3) or count > 8)
    )


def without_mark(name: Words, entities: Collection[str] = ()) -> tuple[Words, str]:
    """The words before the mark at the end of a name, and the mark; `entities` are words that marks may be glued to."""
    while len(name) > 1 and name[-1].isdigit() and name[-1] not in entities:
        name = name[:-1]
    if name and name[-1] in MARK_WORDS:
        return _without_number(name[:-1], entities), name[-1]
    if name and len(name) > 1 and name[0] in LINKS:
        start = next((place for place, word in enumerate(name) if word not in LINKS), len(name))
        return name[start:], "id"
    if name:
        for mark in GLUED_MARKS:
            rest = name[-1].removesuffix(mark)
            if rest != name[-1] and len(rest) > 1 and any(similar(singular(rest), word) for word in entities):
                return (*name[:-1], singular(rest)), mark
    return name, ""


def _without_number(name: Words, entities: Collection[str]) -> Words:
    """The words without a number at the end: `address1_id` is about an address."""
    return name[:-1] if len(name) > 1 and name[-1].isdigit() and name[-1] not in entities else name


@lru_cache(maxsize=262144)
def similar(short: str, long: str) -> float:
    """How surely one word stands for another: 1 if equal, less for an abbreviation (`addr`, `dept`), else 0."""
    if short == long:
        return 1.0
    if len(short) < 3 or len(short) >= len(long) or short[0] != long[0]:
        return 0.0
    if long.startswith(short):
        return 0.9
    return 0.8 if len(short) > 3 and _is_within(short, long) else 0.0


def _is_within(short: str, long: str) -> bool:
    letters = iter(long)
    return all(letter in letters for letter in short)


def stands_for(word: str, phrase: Words) -> float:
    """How surely one word is a phrase in short: joined (`appuser`), or of the beginnings of its words (`cdemo`)."""
    if len(phrase) < 2:
        return 0.0
    if word == "".join(phrase) or word == singular("".join(phrase)):
        return 1.0
    if word == "".join(part[0] for part in phrase):
        return 0.8 if len(word) > 1 else 0.0
    return 0.85 if len(word) > len(phrase) + 1 and _in_parts(word, phrase) else 0.0


def _in_parts(word: str, phrase: Words) -> bool:
    if not phrase:
        return not word
    longest = next((n for n, (a, b) in enumerate(zip(word, phrase[0], strict=False)) if a != b), None)
    most = min(len(word), len(phrase[0])) if longest is None else longest
    return any(_in_parts(word[end:], phrase[1:]) for end in range(most, 0, -1))
