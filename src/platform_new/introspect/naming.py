"""Safe names for what a source calls as it likes: lowercase ASCII identifiers, never empty, never equal."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable

MAX_LENGTH = 63
SAFE = re.compile(r"[a-z_][a-z0-9_]*")
TEMPLATE_WORDS = {"caller", "false", "kwargs", "loop", "none", "null", "self", "super", "this", "true", "varargs"}
"""Names that mean something else in Jinja, YAML or dbt wherever they stand."""

LATIN = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "ı": "i"})
CYRILLIC = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ж": "zh", "з": "z", "и": "i", "й": "y", "к": "k",
    "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh",
    "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu", "я": "ya", "і":
    "i", "ї": "yi", "є": "ye", "ґ": "g", "ў": "u"
}  # fmt: skip
GREEK = {
    "α": "a", "β": "v", "γ": "g", "δ": "d", "ε": "e", "ζ": "z", "η": "i", "θ": "th", "ι": "i", "κ": "k", "λ": "l",
    "μ": "m", "ν": "n", "ξ": "x", "ο": "o", "π": "p", "ρ": "r", "σ": "s", "ς": "s", "τ": "t", "υ": "y", "φ": "f",
    "χ": "ch", "ψ": "ps", "ω": "o"
}  # fmt: skip
LETTERS = str.maketrans({**CYRILLIC, **GREEK}) | LATIN
WORDS = {"%": " percent ", "#": " number ", "&": " and "}


def safe_name(original: str, fallback: str = "column") -> str:
    """The snake_case identifier for a name; the same name always gives the same identifier.

    Letters that have no Latin spelling here are left out, and a digest of the whole keeps the rest distinct.
    """
    if SAFE.fullmatch(original) and len(original) <= MAX_LENGTH and set(original) != {"_"}:
        return f"{original}_" if original in TEMPLATE_WORDS else original
    text = re.sub(r"([a-z0-9])([A-Z])|([A-Z]+)([A-Z][a-z])", r"\1\3_\2\4", unicodedata.normalize("NFC", original))
    text = "".join(WORDS.get(letter, letter) for letter in text.lower().translate(LETTERS))
    text = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    text = text.translate(LETTERS)
    lost = any(letter.isalnum() and not letter.isascii() for letter in text)
    name = re.sub(r"[^a-z0-9]+", "_", text).strip("_")
    if original.startswith("_") and name:
        name = f"_{name}"
    if lost or not name:
        name = f"{name or fallback}_{_digest(original)}"
    if name[0].isdigit():
        name = f"_{name}"
    return _fitted(f"{name}_" if name in TEMPLATE_WORDS else name)


def safe_names(originals: Iterable[str], fallback: str = "column") -> dict[str, str]:
    """A distinct safe name for each original; safe ones keep theirs, others give way with `_2`, `_3`…"""
    originals = list(dict.fromkeys(originals))
    proposed = {original: safe_name(original, fallback) for original in originals}
    names = {original: original for original, name in proposed.items() if name == original}
    taken = set(names)
    for original in originals:
        if original not in names:
            names[original] = distinct(proposed[original], taken)
            taken.add(names[original])
    return {original: names[original] for original in originals}


def distinct(name: str, taken: set[str]) -> str:
    """The name, or the first of `name_2`, `name_3`… that is free."""
    candidate, number = _fitted(name), 2
    while candidate in taken:
        suffix = f"_{number}"
        candidate, number = f"{name[: MAX_LENGTH - len(suffix)].rstrip('_')}{suffix}", number + 1
    return candidate


def _fitted(name: str) -> str:
    return name if len(name) <= MAX_LENGTH else f"{name[: MAX_LENGTH - 7].rstrip('_')}_{_digest(name)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:6]
