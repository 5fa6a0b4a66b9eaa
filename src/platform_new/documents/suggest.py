"""The hint for a misspelt name: what was probably meant, or what there is."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str], limit: int = 12) -> str:
    """`did you mean `x`?` where a known word is near, else a list of the known ones (shortened to `limit`)."""
    known = list(known)
    by_case = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(str(word).casefold(), by_case, n=1, cutoff=0.6)
    if near:
        return f"did you mean `{by_case[near[0]]}`?"
    if not known:
        return ""
    more = f", … ({len(known)} in all)" if len(known) > limit else ""
    return f"use one of {', '.join(f'`{name}`' for name in known[:limit])}{more}"


def identifier(text: str) -> str:
    """The nearest safe name to a text: lowercase letters, digits and `_`; may be empty."""
    name = re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text).lower()).strip("_")
    return f"_{name}" if name[:1].isdigit() else name[:63]
