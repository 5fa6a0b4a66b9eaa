"""Columns of public schemas, labelled with the kind of personal data they hold, and the score of recognising it.

`labelled_columns.csv` was labelled before any tuning; the part `held_out` was never used for tuning.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import random
import string
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from platform_new.introspect.catalog import FoundCatalog, FoundColumn, FoundTable, TableId
from platform_new.introspect.propose import propose

FILE = Path(__file__).with_name("labelled_columns.csv")
PARTS = ("tuning", "held_out")
SAMPLES = 40
LETTERS = string.ascii_letters + string.digits


@dataclass(frozen=True)
class Labelled:
    """A column with its label (a kind of personal data, `credential` or `none`) and the shape of its values."""

    part: str
    schema: str
    table: str
    column: str
    type: str
    values: str
    label: str


@dataclass(frozen=True)
class Score:
    """The score of a kind: true positives, false positives and false negatives."""

    right: int
    wrong: tuple[str, ...]
    missed: tuple[str, ...]

    @property
    def precision(self) -> float:
        """The share of true positives among the recognised columns."""
        return self.right / (self.right + len(self.wrong))

    @property
    def recall(self) -> float:
        """The share of true positives among the columns with the label."""
        return self.right / (self.right + len(self.missed))


def labelled() -> tuple[Labelled, ...]:
    """All columns of the list."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return tuple(Labelled(**row) for row in csv.DictReader(file))


def score(part: str) -> dict[str, Score]:
    """The scores for credentials and personal data in a part of the list."""
    pairs = [(each, found) for each, found in _recognised() if each.part == part]
    return {
        "credentials": _score(pairs, lambda kind: kind == "credential"),
        "personal data": _score(pairs, lambda kind: kind not in ("credential", "none")),
    }


def _score(pairs: list[tuple[Labelled, str]], counts: Callable[[str], bool]) -> Score:
    names = [(f"{e.schema}.{e.table}.{e.column}: {e.label}, not {f}", counts(e.label), counts(f)) for e, f in pairs]
    return Score(
        right=sum(is_one and found for _, is_one, found in names),
        wrong=tuple(name for name, is_one, found in names if found and not is_one),
        missed=tuple(name for name, is_one, found in names if is_one and not found),
    )


def _recognised() -> Iterator[tuple[Labelled, str]]:
    """Each column with the kind that its table's proposal has."""
    tables: dict[tuple[str, str, str], list[Labelled]] = defaultdict(list)
    for each in labelled():
        tables[each.part, each.schema, each.table].append(each)
    for (_, schema, name), columns in tables.items():
        found = tuple(FoundColumn(each.column, each.type, samples=samples(each.values)) for each in columns)
        rest = FoundColumn("id_of_row", "bigint")
        table = FoundTable(TableId(schema, name), (rest, *found))
        source, _ = propose(FoundCatalog("postgres", schema, (table,)))
        yield from zip(columns, (column.pii or "none" for column in source.tables[0].columns[1:]), strict=True)


def samples(shape: str) -> tuple[str, ...]:
    """Reproducible values of a shape."""
    chance = random.Random(shape)
    return tuple(SHAPES[shape](chance) for _ in range(SAMPLES)) if shape else ()


def _letters(chance: random.Random, count: int, alphabet: str = LETTERS) -> str:
    return "".join(chance.choices(alphabet, k=count))


def _bytes(chance: random.Random, count: int) -> str:
    return base64.b64encode(chance.randbytes(count)).decode()


def _iban(chance: random.Random) -> str:
    account = _letters(chance, 18, string.digits)
    number = int(account + "131400")
    return f"DE{98 - number % 97:02}{account}"


def _card(chance: random.Random) -> str:
    digits = "4" + _letters(chance, 14, string.digits)
    total = sum(sum(divmod(int(d) * (2 - place % 2), 10)) for place, d in enumerate(digits))
    return f"{digits}{-total % 10}"


SHAPES: dict[str, Callable[[random.Random], str]] = {
    "argon2": lambda chance: f"$argon2id$v=19$m=65536,t=3,p=4${_bytes(chance, 16)}${_bytes(chance, 32)}"[:100],
    "awskey": lambda chance: "AKIA" + _letters(chance, 16, string.ascii_uppercase + "234567"),
    "base32": lambda chance: _letters(chance, 32, string.ascii_uppercase + "234567"),
    "base36": lambda chance: _letters(chance, 28, string.ascii_lowercase + string.digits),
    "base64": lambda chance: _bytes(chance, 32),
    "bcrypt": lambda chance: "$2b$12$" + _letters(chance, 53),
    "ean13": lambda chance: "40" + _letters(chance, 11, string.digits),
    "email": lambda chance: f"{_letters(chance, 8, string.ascii_lowercase)}@example.org",
    "hex32": lambda chance: chance.randbytes(16).hex(),
    "hex40": lambda chance: hashlib.sha1(chance.randbytes(8)).hexdigest(),
    "hex64": lambda chance: chance.randbytes(32).hex(),
    "iban": _iban,
    "ipv4": lambda chance: f"198.51.100.{chance.randrange(256)}",
    "isbn": lambda chance: "978-3-16-" + _letters(chance, 6, string.digits) + "-0",
    "jwt": lambda chance: f"eyJ{_letters(chance, 33)}.eyJ{_letters(chance, 50)}.{_letters(chance, 43)}"[:100],
    "pan": _card,
    "pbkdf2": lambda chance: f"pbkdf2_sha256$600000${_letters(chance, 22)}${_bytes(chance, 32)}",
    "pem": lambda chance: f"-----BEGIN RSA PRIVATE KEY-----\n{_bytes(chance, 48)}"[:100],
    "pempublic": lambda chance: f"-----BEGIN PUBLIC KEY-----\n{_bytes(chance, 48)}"[:100],
    "phone": lambda chance: "+49 30 " + _letters(chance, 7, string.digits),
    "phpass": lambda chance: "$P$B" + _letters(chance, 30),
    "ssn": lambda chance: f"{chance.randrange(100, 600)}-{chance.randrange(10, 99)}-{chance.randrange(1000, 9999)}",
    "stripe": lambda chance: "sk_live_" + _letters(chance, 24),
    "url": lambda chance: f"https://example.org/{_letters(chance, 8, string.ascii_lowercase)}",
    "useragent": lambda chance: f"Mozilla/5.0 (X11; Linux x86_64; rv:{chance.randrange(90, 140)}.0) Gecko/20100101",
    "uuid": lambda chance: str(uuid.UUID(int=chance.getrandbits(128), version=4)),
    "words": lambda chance: " ".join(_letters(chance, 6, "aeinorst") for _ in range(3)),
}
