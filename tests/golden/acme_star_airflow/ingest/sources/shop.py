"""Loads the source `shop`."""

from __future__ import annotations

from ingest.options import Loaded, Options
from ingest.pipeline import load
from ingest.read_postgres import Reader
from ingest.spec import read_source


def run(options: Options) -> Loaded:
    """Load the real tables, or sample data where the source's address is not set."""
    source = read_source("shop")
    if source.url and options.sample_rows is None:
        with Reader(source, source.url) as reader:
            return load(source, reader, "real", options)
    # Imported only here: with an address, nothing of it is needed.
    from sample import SampleReader

    with SampleReader(source, options.sample_rows) as reader:
        return load(source, reader, "sample", options)
