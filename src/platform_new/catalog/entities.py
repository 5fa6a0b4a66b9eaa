"""What a template's path can be repeated for: the placeholders, each with what fills it."""

from __future__ import annotations

import re
from collections.abc import Mapping

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
"""In a template's path: once for each of what it names."""

ENTITIES: Mapping[str, str] = {
    "source": "a source with tables",
    "table": "a table of a source, together with `{source}`",
    "mart": "a mart, whatever its kind",
    "served": "a mart that serves a stream together with what corrects it",
    "job": "something that runs again and again: a load, the streams of a source, the marts, the care of the lake",
    "exposure": "what the marts of a source are read by",
    "renaming": "a renamed source, table or mart",
    "events": "a source of events",
    "topic": "a topic of a source of events",
    "stream": "a stream of a source of events",
    "lookups": "a source of events of which a stream joins tables",
    "scheduled": "a source of events with streams that run on a schedule",
    "service": "a stream that never ends",
    "deployment": "all streams that never end, once",
    "lake": "the tables of all streams, once",
}
"""The collections of a plan by their singular, without those of the modelling styles, which their cards name."""
