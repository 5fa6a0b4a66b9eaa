"""Guesses which columns hold personal data: by their names, and by a look at a few values."""

from __future__ import annotations

import re
from collections.abc import Sequence

TEXTS = ("text",)
NAMES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "credential",
        r"pass(word|wd|phrase|code)?|password_\w+|pwd|secret|api_?key|(access|auth|refresh)_token|salt|pin_code",
        ("text", "binary"),
    ),
    ("email", r"(\w+_)?e_?mail(_?(address|addr|id))?", TEXTS),
    ("phone", r"(\w+_)?(phone|telephone|mobile|cell|fax|tel)(_?(no|nr|number|num))?", ("text", "bigint")),
    ("ip", r"(\w+_)?ip(_?addr(ess)?|v4|v6)?", TEXTS),
    (
        "birth_date",
        r"birth_?(date|day)|date_?of_?birth|dob|born(_on|_at)?",
        ("text", "date", "timestamp", "timestamptz"),
    ),
    (
        "national_id",
        r"ssn|social_security\w*|(national|personal|tax|citizen)_?id(_?number)?|passport\w*|"
        r"driv(ers?|ing)_?licen[cs]e\w*|nhs_number|(tax|vat)_?number",
        ("text", "integer", "bigint"),
    ),
    (
        "bank_account",
        r"iban|(bank_?)?account_?(no|nr|number|num)|(credit_?)?card_?(no|nr|number|num)|credit_?card|"
        r"routing_?number|cv[vc]",
        ("text", "bigint"),
    ),
    (
        "name",
        r"(\w+_)?(first|last|middle|full|given|family|maiden|sur|fore)_?name|(real|display|nick)_?name|"
        r"(contact|ship|recipient|cardholder|holder|customer|employee|person|patient|client)_name",
        TEXTS,
    ),
    ("address", r"(\w+_)?(address|addr|street)(_?line)?(_?\d)?|(\w+_)?((postal|zip|post)_?code|zip)", TEXTS),
    ("other", r"user_?name|login|gender|sex|ethnicity|religion|nationality|marital_?status|mac_?addr(ess)?", TEXTS),
)
PATTERNS = tuple((kind, re.compile(pattern), types) for kind, pattern, types in NAMES)

PEOPLE = {
    "actor", "applicant", "author", "candidate", "client", "contact", "customer", "driver", "employee", "guest",
    "lead", "member", "passenger", "patient", "people", "person", "player", "student", "subscriber", "supervisor",
    "teacher", "user", "worker"
}  # fmt: skip
"""Tables of these have a person in each row, so that their `name` is a person's."""

SHAPES = (
    ("email", re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")),
    ("ip", re.compile(r"(\d{1,3}\.){3}\d{1,3}(/\d+)?|(?=.*::|(.*:){7})[0-9a-fA-F:.]+(/\d+)?")),
    ("phone", re.compile(r"\+\d[\d ().-]{6,18}\d|\(\d{2,5}\) ?\d[\d -]{4,10}\d|\d{3}[-. ]\d{3}[-. ]\d{4}")),
)
ENOUGH = 3


def guess(table: str, column: str, type_: str, samples: Sequence[str]) -> tuple[str, str] | None:
    """The kind of personal data in a column and the reason for the guess; None if there is no sign of any.

    Names are those of the platform; `samples` are a few values, which appear in no reason.
    """
    by_name = _by_name(table, column, type_)
    by_values, hits = _by_values(samples) if type_ in TEXTS else (None, 0)
    looked = f"{hits} of {len(samples)} sampled values"
    if by_name and by_values == by_name:
        return by_name, f"its name and {looked}"
    if by_values:
        return by_values, looked
    return (by_name, "its name") if by_name else None


def _by_name(table: str, column: str, type_: str) -> str | None:
    for kind, pattern, types in PATTERNS:
        if type_ in types and pattern.fullmatch(column):
            return kind
    words = {word for part in table.split("_") for word in (part, part.removesuffix("s"))}
    if column == "name" and type_ in TEXTS and words & PEOPLE:
        return "name"
    return (
        "other"
        if type_ == "binary" and column in ("photo", "picture", "portrait") and words & {*PEOPLE, "staff"}
        else None
    )


def _by_values(samples: Sequence[str]) -> tuple[str | None, int]:
    for kind, shape in SHAPES:
        hits = sum(bool(shape.fullmatch(value.strip())) for value in samples)
        if hits >= ENOUGH and hits * 10 >= len(samples) * 8:
            return kind, hits
    return None, 0
