"""Which source, table, topic or stream the words of a command line mean, and what may be a new name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from platform_new.documents.suggest import did_you_mean, identifier
from platform_new.errors import Problem, Refused
from platform_new.spec.load import AnySource
from platform_new.spec.models import Source, Table
from platform_new.spec.names import LONGEST_NAME
from platform_new.spec.scalars import IDENTIFIER
from platform_new.spec.streams import EventSource, Stream, Topic


def find_table(sources: Sequence[Source], word: str) -> tuple[Source, Table]:
    """The table that `orders` or `shop.orders` means. Raises `Refused` if it is none, or one of several sources."""
    return _find(sources, word, "table")


def find_topic(sources: Sequence[EventSource], word: str) -> tuple[EventSource, Topic]:
    """The topic that `page_views` or `web.page_views` means. Raises `Refused` as `find_table` does."""
    return _find(sources, word, "topic")


def find_stream(sources: Sequence[EventSource], word: str) -> tuple[EventSource, Stream]:
    """The stream that `page_traffic` or `web.page_traffic` means. Raises `Refused` as `find_table` does."""
    return _find(sources, word, "stream")


def _find(sources: Sequence[AnySource], word: str, what: str) -> tuple[Any, Any]:
    of_source, _, name = word.rpartition(".")
    among = [source for source in sources if not of_source or source.name == of_source]
    if of_source and not among:
        known = [source.name for source in sources]
        raise Refused(Problem(f"there is no such source of {what}s", did_you_mean(of_source, known), value=of_source))
    things = [(source, thing) for source in among for thing in getattr(source, f"{what}s")]
    found = [(source, thing) for source, thing in things if thing.name == name]
    if not found:
        known = [thing.name for _, thing in things]
        raise Refused(Problem(f"there is no such {what}", did_you_mean(name, known), value=word))
    if len(found) > 1:
        hint = f"say which: {' or '.join(f'`{source.name}.{name}`' for source, _ in found)}"
        raise Refused(Problem(f"several sources have this {what}", hint, value=word))
    return found[0]


def new_name(word: str, taken: Iterable[str], what: str) -> str:
    """The word, if it can be the name of something new. Raises `Refused` if not, or if it is taken."""
    if not re.fullmatch(IDENTIFIER, word):
        meant = identifier(word)
        hint = f"write `{meant}`" if meant else "begin with a letter"
        raise Refused(
            Problem("a name has lowercase letters, digits and `_`, and begins with no digit", hint, value=word)
        )
    if len(word) > LONGEST_NAME:
        raise Refused(Problem(f"the name has more than {LONGEST_NAME} characters", "shorten it", value=word))
    if word in taken:
        raise Refused(Problem(f"there is a {what} of this name", "take another name", value=word))
    return word
