"""Loads the tables of every source in `sources/` into the warehouse: `python -m ingest --help`."""
