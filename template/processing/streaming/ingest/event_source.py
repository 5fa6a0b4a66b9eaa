"""A source of events: its tables are those that its streams write to a lake."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.lakes import SampleLake, lake_at_hand, sample_lake
from ingest.spec import Source, load_yaml, source_of, variable_of


@dataclass(frozen=True)
class EventSource(Source):
    """A source of events; `at_hand` is its lake on this machine."""

    at_hand: str | None = None
    sample_lake: SampleLake | None = None

    @property
    def url(self) -> str | None:
        """The address of the lake: from the environment, or the lake on this machine."""
        return os.environ.get(self.variable) or self.at_hand


def read_event_source(topics: dict[str, Any], root: Path) -> EventSource:
    """The source with these topics. Raises `IngestError` if the file of its tables cannot be read."""
    name = topics["name"]
    source = source_of(load_yaml(root / "stream" / "tables" / f"{name}.yml"))
    at_hand = lake_at_hand(root, name, os.environ.get(variable_of(topics)))
    return EventSource(**vars(source), at_hand=at_hand, sample_lake=sample_lake(root, name))
