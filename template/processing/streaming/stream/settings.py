"""Where things are."""

from __future__ import annotations

import os

# Which also takes in the variables of `.env`.
from ingest.settings import DATA, ROOT

JARS = ROOT / ".jars" / "spark"
SAMPLE_EVENTS = DATA / "events"
LOG = DATA / "logs" / "spark.log"


def lake(source: str) -> str:
    """The folder of a source's tables: what `<SOURCE>_LAKE` names, else one in `data/`."""
    return os.environ.get(f"{source.upper()}_LAKE") or str(DATA / "lake" / source)


def checkpoints(source: str) -> str:
    """Where the queries of a source keep what they have done; it belongs to the lake."""
    return f"{lake(source)}/_checkpoints"
