"""Lines: the rows of a header, such as order lines, which become one fact at their grain."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from platform_new.introspect.roles.features import Features, Link
from platform_new.introspect.roles.times import HAPPENED
from platform_new.introspect.roles.vocabulary import LINES

OFTEN_EMPTY = 0.5
"""The share of empty references to the header above which a table does not hold its lines, whatever its name."""
NO_LINES = frozenset("vote view comment version history log flag like reaction event note attempt status tag".split())


def find_lines(features: Mapping[str, Features], facts: Collection[str]) -> dict[str, tuple[str, str]]:
    """The header of each table of lines, with the reason; both are among the facts, and no header leads back."""
    lines: dict[str, tuple[str, str]] = {}
    for name in sorted(facts):
        proposals = []
        for place, link in enumerate(features[name].business):
            if link.to in facts and link.to != name and _is_header(features[link.to]):
                grade, because = _why_line(features[name], link, features[link.to])
                if grade:
                    proposals.append((-grade, place, link.to, because))
        for _, _, header, because in sorted(proposals):
            if _leads_away(name, header, lines):
                lines[name] = (header, because)
                break
    return lines


def _is_header(features: Features) -> bool:
    """Whether lines could take a date or something measured from the table."""
    return features.event_time is not None or bool(features.measures)


def _leads_away(line: str, header: str, lines: Mapping[str, tuple[str, str]]) -> bool:
    while header in lines:
        header = lines[header][0]
        if header == line:
            return False
    return header != line


def _why_line(features: Features, link: Link, header: Features) -> tuple[int, str]:
    """How surely the table holds the lines of the table that a link points to (0: it does not), and why."""
    shape, words, above = features.shape, features.words, header.words
    named = words[-1] in LINES or "".join(words[-2:]) in LINES
    extends = (len(words) > len(above) and words[: len(above)] == above) or (named and words[0] == above[-1])
    columns = set(link.columns)
    if columns == set(shape.key) or words[-1] in NO_LINES or not _belongs(features, link, named and extends):
        return 0, ""
    measured, dated, time = bool(features.measures), _has_own_date(features), features.event_time
    if columns < set(shape.key) and len(shape.key) - len(columns) == 1 and (measured or named):
        first = shape.key[0] in columns
        return 4, f"its key {'starts with' if first else 'contains'} the key of {link.to}"
    if named and extends and not dated and (measured or len(features.business) > 1):
        return 3, f"its name, and every row points to {link.to}" if link.required else f"its name extends {link.to}"
    if (
        named
        and (measured or (link.required and len(features.business) > 1))
        and not dated
        and (time is None or time.rank > HAPPENED)
    ):
        return 2, f"its name, and it points to {link.to}"
    return 0, ""


def _has_own_date(features: Features) -> bool:
    """Whether every row has a date of the business, so that it does not need its header's."""
    return any(field.required for field in features.others if field.data_type.is_time)


def _belongs(features: Features, link: Link, surely: bool) -> bool:
    """Whether practically every row has a header: by what was observed, or else by the constraint."""
    shares = [features.shape.field(column).null_share for column in link.columns]
    if link.required:
        return True
    known = [share for share in shares if share is not None]
    return max(known, default=0.0 if surely else 1.0) <= (OFTEN_EMPTY if surely else 0.0)
