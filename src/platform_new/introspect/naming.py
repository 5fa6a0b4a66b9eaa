"""Safe names for a source's arbitrary names: lowercase ASCII identifiers, never empty, never equal."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable

from anyascii import anyascii

from platform_new.spec.events.lake import RESERVED
from platform_new.spec.names import DLT, LONGEST_NAME, LONGEST_SOURCE, digest, distinct, fit, landing

SAFE = re.compile(r"[a-z_][a-z0-9_]*")
TEMPLATE_WORDS = {"caller", "false", "kwargs", "loop", "none", "null", "self", "super", "this", "true", "varargs"}
"""Names with a meaning of their own in Jinja, YAML or dbt."""

OF_COLUMNS = ("column", "field")
WORDS = {"%": " percent ", "#": " number ", "&": " and "}


def source_name(original: str, fallback: str = "source") -> str:
    """The identifier for a source's name, short enough for the schemas that are named after it."""
    return fit(safe_name(original, fallback), LONGEST_SOURCE)


def safe_name(original: str, fallback: str = "column") -> str:
    """The snake_case identifier for a name, in Latin letters; the same name always gives the same identifier."""
    name = fit(_snake(original, fallback))
    # A column is not a file, so it may have any name except those that dlt reserves.
    return landing(name) if fallback not in OF_COLUMNS or name.startswith(DLT) else name


def _snake(original: str, fallback: str) -> str:
    if SAFE.fullmatch(original) and len(original) <= LONGEST_NAME and set(original) != {"_"}:
        return f"{original}_" if original in TEMPLATE_WORDS else original
    text = anyascii("".join(WORDS.get(letter, letter) for letter in unicodedata.normalize("NFC", original)))
    text = re.sub(r"([a-z0-9])([A-Z])|([A-Z]+)([A-Z][a-z])", r"\1\3_\2\4", text)
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    if original.startswith("_") and name:
        name = f"_{name}"
    name = name or f"{fallback}_{digest(original)}"
    if name[0].isdigit():
        name = f"_{name}"
    return f"{name}_" if name in TEMPLATE_WORDS else name


def field_names(originals: Iterable[str]) -> dict[str, str]:
    """A distinct safe name for each field of an event, without the names that the streaming jobs reserve."""
    return safe_names(originals, "field", RESERVED)


def safe_names(originals: Iterable[str], fallback: str = "column", reserved: Collection[str] = ()) -> dict[str, str]:
    """A distinct safe name for each original; safe names stay unchanged, others get a suffix `_2`, `_3`… if needed."""
    originals = list(dict.fromkeys(originals))
    proposed = {original: safe_name(original, fallback) for original in originals}
    proposed = {original: f"{name}_" if name in reserved else name for original, name in proposed.items()}
    names = {original: original for original, name in proposed.items() if name == original}
    taken = set(names)
    for original in originals:
        if original not in names:
            names[original] = distinct(proposed[original], taken)
            taken.add(names[original])
    return {original: names[original] for original in originals}
