"""Paths of the streams."""

from __future__ import annotations

import os

from ingest.lakes import LAKES, variable

# This also loads the variables of `.env`.
from ingest.settings import DATA, ROOT

JARS = ROOT / ".jars" / "spark"
SAMPLE_EVENTS = DATA / "events"
METRICS_FILE = DATA / "stream_metrics.prom"
LOG = DATA / "logs" / "spark.log"


def lake(source: str) -> str:
    """The folder of a source's tables: `<SOURCE>_LAKE`, else one in `data/`."""
    folder = os.environ.get(variable(source)) or str(LAKES / source)
    return folder if "://" in folder else str(ROOT / folder)


def checkpoints(source: str) -> str:
    """The folder of the checkpoints of a source's queries, which belong to its lake."""
    return f"{lake(source)}/_checkpoints"
