"""Find the source, table, topic or stream that a command-line argument names, and validate new names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from platform_new.documents.suggest import did_you_mean, identifier
from platform_new.errors import Problem, Refused
from platform_new.spec.base import AnySource
from platform_new.spec.events.models import EventSource, Stream, Topic
from platform_new.spec.models import Source, Table
from platform_new.spec.names import LONGEST_NAME
from platform_new.spec.scalars import IDENTIFIER


def find_table(sources: Sequence[Source], name: str) -> tuple[Source, Table]:
    """The table named `orders` or `shop.orders`. Raises `Refused` if there is none, or one in several sources."""
    return _find(sources, name, "table")


def find_topic(sources: Sequence[EventSource], name: str) -> tuple[EventSource, Topic]:
    """The topic named `page_views` or `web.page_views`. Raises `Refused` as `find_table` does."""
    return _find(sources, name, "topic")


def find_stream(sources: Sequence[EventSource], name: str) -> tuple[EventSource, Stream]:
    """The stream named `page_traffic` or `web.page_traffic`. Raises `Refused` as `find_table` does."""
    return _find(sources, name, "stream")


def _find(sources: Sequence[AnySource], given: str, what: str) -> tuple[Any, Any]:
    of_source, _, name = given.rpartition(".")
    among = [source for source in sources if not of_source or source.name == of_source]
    if of_source and not among:
        known = [source.name for source in sources]
        raise Refused(Problem(f"unknown source of {what}s", did_you_mean(of_source, known), value=of_source))
    things = [(source, thing) for source in among for thing in getattr(source, f"{what}s")]
    found = [(source, thing) for source, thing in things if thing.name == name]
    if not found:
        known = [thing.name for _, thing in things]
        raise Refused(Problem(f"unknown {what}", did_you_mean(name, known), value=given))
    if len(found) > 1:
        hint = f"write {' or '.join(f'`{source.name}.{name}`' for source, _ in found)}"
        raise Refused(Problem(f"several sources have a {what} with this name", hint, value=given))
    return found[0]


def new_name(name: str, taken: Iterable[str], what: str) -> str:
    """The name, if it is valid and free. Raises `Refused` otherwise."""
    if not re.fullmatch(IDENTIFIER, name):
        valid = identifier(name)
        hint = f"write `{valid}`" if valid else "begin with a letter"
        reason = "a name consists of lowercase letters, digits and `_`, and does not begin with a digit"
        raise Refused(Problem(reason, hint, value=name))
    if len(name) > LONGEST_NAME:
        raise Refused(Problem(f"the name has more than {LONGEST_NAME} characters", "shorten it", value=name))
    if name in taken:
        raise Refused(Problem(f"a {what} with this name exists", "choose another name", value=name))
    return name
