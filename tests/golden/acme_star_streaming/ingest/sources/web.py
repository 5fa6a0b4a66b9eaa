"""Loads the source `web`."""

from __future__ import annotations

from dataclasses import replace

from ingest.event_source import EventSource
from ingest.options import Loaded, Options
from ingest.pipeline import load
from ingest.read_kafka import Reader
from ingest.spec import read_source


def run(options: Options) -> Loaded:
    """Load the lake of its topics, else the lake of sample events, else sample rows."""
    source = read_source("web")
    if source.url and options.sample_rows is None:
        with Reader(source, source.url) as reader:
            return load(source, reader, "real", options)
    if isinstance(source, EventSource) and source.sample_lake and options.sample_rows is None:
        # Each run of the streams on sample events rebuilds this lake.
        with Reader(source, source.sample_lake.folder) as reader:
            return load(source, reader, "sample", replace(options, full=True, accept_empty=True))
    # Imported late: it is not needed if the variable is set.
    from sample.streams import SampleReader

    with SampleReader(source, options.sample_rows) as reader:
        return load(source, reader, "sample", options)
