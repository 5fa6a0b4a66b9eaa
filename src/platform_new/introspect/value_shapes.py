"""Recognises credentials and personal data by the shape of values, and by check digits if they have any."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence

SECRET_SHAPES = tuple(
    re.compile(pattern)
    for pattern in (
        r"\$2[abxy]?\$\d\d\$[./A-Za-z0-9]{53}",
        r"\$argon2(id|i|d)\$.+",
        r"\$(scrypt|s0|7|y|gy)\$.+|scrypt:\d+.+",
        r"(\{?pbkdf2|\$pbkdf2|PBKDF2)[-_:$A-Za-z0-9}]*[$:]\d+.+",
        r"\$[PH]\$[./A-Za-z0-9]{31}",
        r"\$(1|5|6|apr1|md5)\$.+",
        r"\{(S?SHA(256|512)?|S?MD5|CRYPT|ARGON2)\}.+",
        r"(argon2|bcrypt|bcrypt_sha256|scrypt|sha1|md5)\$.+\$.+",
        r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{2,}(\.[A-Za-z0-9_-]*)?",
        r"-----BEGIN ([A-Z0-9]+ )*PRIVATE KEY.*",
        r"PuTTY-User-Key-File-.+",
        r"[sr]k_(live|test|prod)_[A-Za-z0-9]{8,}.*|whsec_[A-Za-z0-9+/=]{8,}",
        r"gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|gl[a-z]{2,6}-[\w-]{16,}",
        r"xox[abeoprs]-[A-Za-z0-9-]{8,}|https://hooks\.slack\.com/services/.+",
        r"(AKIA|ASIA)[A-Z0-9]{16}|AIza[\w-]{30,}|ya29\.[\w-]{10,}",
        r"SG\.[\w-]{16,}\.[\w-]{16,}|(sk|pk)-(ant|proj|lf)-[\w-]{12,}|sk-[A-Za-z0-9]{32,}",
        r"(npm_|pypi-|dop_v1_|hf_|hvs\.|shp(at|ss|ca|pa)_|sq0[a-z]{3}-|key-|EAAA)[\w-]{20,}",
        r"(Bearer|Basic) [\w.=+/-]{8,}",
        r"[a-z][a-z0-9+.-]*://[^/\s:@]*:[^/\s@]+@.+",
    )
)
"""Password hashes, tokens and keys that are unmistakable."""

RANDOM = re.compile(r"(?:[0-9a-f]{32,}|[0-9A-F]{32,}|[A-Za-z0-9+/_-]{24,}={0,2}|[A-Z2-7]{16,}=*)")
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
LEAST_BITS = 3.0
"""The least entropy of a letter in a random text; words and padded numbers have less."""

EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
IP = re.compile(r"(\d{1,3}\.){3}\d{1,3}(/\d+)?|(?=.*::|(.*:){7})[0-9a-fA-F:.]+(/\d+)?")
PHONE = re.compile(r"\+\d[\d ().-]{6,18}\d|\(\d{2,5}\) ?\d[\d -]{4,10}\d|\d{3}[-. ]\d{3}[-. ]\d{4}")
SSN = re.compile(r"(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}")
IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
CARD = re.compile(r"(?:4|5[1-5]|2[2-7]|3[47]|6(?:011|5))\d{11,17}")
MAC = re.compile(r"[0-9A-Fa-f]{2}([:-][0-9A-Fa-f]{2}){5}")
USER_AGENT = re.compile(r"Mozilla/\d.+|(curl|okhttp|Dalvik|Opera)/\d.+")
MARKS = str.maketrans("", "", " -")


def is_iban(value: str) -> bool:
    """Whether the value is an account number with valid check digits (ISO 13616)."""
    text = value.translate(MARKS).upper()
    if not IBAN.fullmatch(text):
        return False
    return int("".join(str(int(letter, 36)) for letter in text[4:] + text[:4])) % 97 == 1


def is_card(value: str) -> bool:
    """Whether the value is a card number with a valid check digit (Luhn)."""
    text = value.translate(MARKS)
    if not CARD.fullmatch(text):
        return False
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in text[-2::-2])
    return (sum(doubled) + sum(int(digit) for digit in text[-1::-2])) % 10 == 0


PERSONAL_SHAPES: tuple[tuple[str, Callable[[str], object]], ...] = (
    ("email", EMAIL.fullmatch),
    ("ip", IP.fullmatch),
    ("bank_account", is_iban),
    ("bank_account", is_card),
    ("national_id", SSN.fullmatch),
    ("phone", PHONE.fullmatch),
    ("other", MAC.fullmatch),
    ("other", USER_AGENT.fullmatch),
)
ENOUGH = 3


def personal_kind(samples: Sequence[str]) -> tuple[str | None, int]:
    """The kind of personal data that at least four of five values have, and how many have it."""
    for kind, fits in PERSONAL_SHAPES:
        hits = sum(bool(fits(value.strip())) for value in samples)
        if hits >= ENOUGH and hits * 10 >= len(samples) * 8:
            return kind, hits
    return None, 0


def count_secrets(samples: Sequence[str]) -> int:
    """How many values have a shape that only credentials have; 0 if fewer than half of them have."""
    hits = sum(any(shape.match(value.strip()) for shape in SECRET_SHAPES) for value in samples)
    return hits if hits * 2 >= len(samples) else 0


def count_random(samples: Sequence[str]) -> int:
    """How many values are long and random, as keys are; 0 if fewer than four of five are."""
    hits = sum(_is_random(value.strip()) for value in set(samples))
    return hits if hits >= ENOUGH and hits * 10 >= len(samples) * 8 else 0


def _is_random(value: str) -> bool:
    if not RANDOM.fullmatch(value) or UUID.fullmatch(value) or value.isdigit():
        return False
    share = [count / len(value) for count in Counter(value).values()]
    return -sum(part * math.log2(part) for part in share) >= LEAST_BITS
