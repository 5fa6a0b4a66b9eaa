"""Run every measurement and write docs/benchmarks.md."""

from __future__ import annotations

import os
import platform
import sys
from datetime import date
from pathlib import Path

from tests import servers
from tests.bench import airflow_import, generation, ingestion, startup, streaming, updating, whole

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
TEXT = """\
# Benchmarks

Made by `make bench` on {day}, on {machine}.
All ways of one table were run in turn in one go; the median is shown. The ratios tell more than the seconds, which are
this machine's.

## Generating a platform

Platforms of many tables (one fact to four dimensions), against a bare loop over the same templates with Jinja, and
against copier and cookiecutter copying as many files of the same text. In brackets: our time divided by theirs.

{generation}

## Updating a platform

The same platforms, in which the team has edited every tenth model. Since they were generated, the spec has got one more
column, or the templates of all models and their properties have changed. `update` is the cost in the process that
renders, in brackets divided by one render of the platform into an empty folder. `the command` has a process of its own,
as copier and cruft have, in whose columns the brackets hold our time divided by theirs. They update the same files
between the same texts, which they copy where we render. From 500 tables on each was run once.

{updating}

Platforms of 30 tables, edited and changed in the same way, all in one command.

{fleet}

## From a live database to green

Looking at the database, generating the repository, loading, building and testing it, against a short dlt program and
`dbt build` of the same dbt project. Neither side installs packages in that time.

{whole}

## Loading a million rows

Ten columns from PostgreSQL into DuckDB. The generated ingestion also casts every column to the type of its spec
(decimals stay exact; the programs by hand read them as floating point), looks for drift, replaces the table at once
and keeps the state of the load in the warehouse: that is what it costs against ADBC alone.

{ingestion}

## Streaming

The events of a topic with two partitions of a local Kafka broker, into windows of five minutes in a Delta table, in one
Spark session on two cores. The copy is Spark's own, of the bytes as they are. The job by hand has the same schema, the
same conditions, windows and figures, and counts a batch once; but what breaks the contract is dropped without a trace,
and it knows neither late events nor metrics. The generated stream ran over the same topic, and over two with broken
messages and late events, which it keeps in tables of their own. The start of Spark and the making of tables are not
counted, the start of the query is, in which the generated stream asks its tables for their last batch; the last two
columns are without what every run takes, however short.

{streaming}

## Starting

{startup}

What each DAG file of a generated repository adds to the import of Airflow itself:

{airflow_import}
"""


def main() -> None:
    """Measure, print each table as it is there, write the page."""
    server = servers.server_url("postgres")
    parts = {}
    for name, measure in (
        ("startup", startup.measure),
        ("airflow_import", airflow_import.measure),
        ("generation", generation.measure),
        ("updating", updating.measure),
        ("fleet", updating.measure_fleet),
        ("whole", lambda: whole.measure(server)),
        ("ingestion", lambda: ingestion.measure(server)),
        ("streaming", streaming.measure),
    ):
        print(f"Measuring: {name} ...", file=sys.stderr, flush=True)
        parts[name] = measure()
        print(parts[name], flush=True)
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    PAGE.write_text(TEXT.format(day=date.today().isoformat(), machine=machine, **parts), encoding="utf-8")
    print(f"Written to {PAGE.relative_to(Path.cwd()) if PAGE.is_relative_to(Path.cwd()) else PAGE}")


if __name__ == "__main__":
    main()
