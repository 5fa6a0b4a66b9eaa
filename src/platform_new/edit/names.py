"""Which source, table or column the words of a command line mean, and what may be a new name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from platform_new.errors import Problem, Refused
from platform_new.spec.models import Source, Table
from platform_new.spec.names import LONGEST_NAME
from platform_new.spec.scalars import IDENTIFIER
from platform_new.spec.suggest import did_you_mean, identifier


def find_table(sources: Sequence[Source], word: str) -> tuple[Source, Table]:
    """The table that `orders` or `shop.orders` means. Raises `Refused` if it is none, or one of several sources."""
    of_source, _, name = word.rpartition(".")
    among = [source for source in sources if not of_source or source.name == of_source]
    if of_source and not among:
        known = [source.name for source in sources]
        raise Refused(Problem("there is no such source", did_you_mean(of_source, known), value=of_source))
    found = [(source, table) for source in among if (table := source.table(name))]
    if not found:
        known = [table.name for source in among for table in source.tables]
        raise Refused(Problem("there is no such table", did_you_mean(name, known), value=word))
    if len(found) > 1:
        cure = f"say which: {' or '.join(f'`{source.name}.{name}`' for source, _ in found)}"
        raise Refused(Problem("several sources have this table", cure, value=word))
    return found[0]


def new_name(word: str, taken: Iterable[str], what: str) -> str:
    """The word, if it can be the name of something new. Raises `Refused` if not, or if it is taken."""
    if not re.fullmatch(IDENTIFIER, word):
        meant = identifier(word)
        cure = f"write `{meant}`" if meant else "begin with a letter"
        raise Refused(
            Problem("a name has lowercase letters, digits and `_`, and begins with no digit", cure, value=word)
        )
    if len(word) > LONGEST_NAME:
        raise Refused(Problem(f"the name has more than {LONGEST_NAME} characters", "shorten it", value=word))
    if word in taken:
        raise Refused(Problem(f"there is a {what} of this name", "take another name", value=word))
    return word
