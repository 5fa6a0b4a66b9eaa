"""Where things are."""

from __future__ import annotations

import os

from ingest.lakes import LAKES, variable

# Which also takes in the variables of `.env`.
from ingest.settings import DATA, ROOT

JARS = ROOT / ".jars" / "spark"
SAMPLE_EVENTS = DATA / "events"
LOG = DATA / "logs" / "spark.log"


def lake(source: str) -> str:
    """The folder of a source's tables: what `<SOURCE>_LAKE` names, else one in `data/`."""
    folder = os.environ.get(variable(source)) or str(LAKES / source)
    return folder if "://" in folder else str(ROOT / folder)


def checkpoints(source: str) -> str:
    """Where the queries of a source keep what they have done; it belongs to the lake."""
    return f"{lake(source)}/_checkpoints"
