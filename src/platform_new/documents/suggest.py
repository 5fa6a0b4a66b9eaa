"""Hints for a misspelled name: the most likely name, or the list of known names."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable


def did_you_mean(name: str, known: Iterable[str], limit: int = 12) -> str:
    """`did you mean `x`?` if a known name is similar, otherwise the known names (at most `limit`)."""
    known = list(known)
    by_case = {each.casefold(): each for each in known}
    near = difflib.get_close_matches(str(name).casefold(), by_case, n=1, cutoff=0.6)
    if near:
        return f"did you mean `{by_case[near[0]]}`?"
    if not known:
        return ""
    more = f", … ({len(known)} in all)" if len(known) > limit else ""
    return f"use one of {', '.join(f'`{each}`' for each in known[:limit])}{more}"


def identifier(text: str) -> str:
    """The valid identifier closest to a text: lowercase letters, digits and `_`; may be empty."""
    name = re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text).lower()).strip("_")
    return f"_{name}" if name[:1].isdigit() else name[:63]
