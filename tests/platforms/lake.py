"""Prints the rows of queries on a DuckLake as a pickle: `python lake.py SQL…`, in a repository of the lake.

Only the repository's environment has DuckDB's extensions.
"""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

import duckdb


def main() -> None:
    """Write the list of rows of each query to standard output."""
    sys.path.insert(0, str(Path.cwd()))
    from ingest.lake import attach

    with duckdb.connect() as connection:
        attach(connection)
        connection.execute("set timezone = 'UTC'")
        sys.stdout.buffer.write(pickle.dumps([connection.execute(sql).fetchall() for sql in sys.argv[1:]]))


if __name__ == "__main__":
    main()
