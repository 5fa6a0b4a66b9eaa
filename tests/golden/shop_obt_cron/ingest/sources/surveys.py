"""Loads the source `surveys`."""

from __future__ import annotations

from ingest.options import Loaded, Options
from ingest.pipeline import load
from ingest.read_files import Reader
from ingest.spec import read_source


def run(options: Options) -> Loaded:
    """Load the real tables, or sample data if the source's variable is not set."""
    source = read_source("surveys")
    if source.url and options.sample_rows is None:
        with Reader(source, source.url) as reader:
            return load(source, reader, "real", options)
    # Imported late: it is not needed if the variable is set.
    from sample import SampleReader

    with SampleReader(source, options.sample_rows) as reader:
        return load(source, reader, "sample", options)
