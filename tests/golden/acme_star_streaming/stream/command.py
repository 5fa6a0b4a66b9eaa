"""What the commands have in common that mend the tables of streams."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from pyspark.sql import SparkSession

from stream.batch import Batches
from stream.errors import FAILURES, explained
from stream.model import Stream
from stream.progress import Position
from stream.session import session

NOTHING = "nothing has been read yet"
Work = Callable[[SparkSession, Stream], str]


def parser(module: str, description: str) -> argparse.ArgumentParser:
    """A parser of arguments that takes names of streams."""
    made = argparse.ArgumentParser(prog=f"python -m {module}", description=description)
    made.add_argument("stream", nargs="*", help="names of streams, as source.stream")
    made.add_argument(
        "--master", help="the Spark master; by default SPARK_MASTER, else this machine"
    )
    return made


def in_full(stream: Stream, why: str = "") -> str:
    """A further line: what to do where a load of what is new does not bring all, and why it does not."""
    return f"\n  {why}Load them in full once: .venv/bin/python -m ingest {stream.source} --full"


def passed_by(batches: Batches, position: Position) -> str:
    """That line, where the job has written batches since it was there, and so loads may have seen newer ones."""
    if not batches.progress.went_on(position):
        return ""
    return in_full(batches.stream, "The job went on meanwhile, and loads may have passed them by. ")


def for_each(streams: dict[str, Stream], master: str | None, work: Work) -> int:
    """Do the work for each of the streams and print what it says; 0 if all went well, else 1."""
    failed = 0
    spark = session("streams", master)
    try:
        for name, stream in streams.items():
            try:
                print(f"{name}: {work(spark, stream)}", flush=True)
            except FAILURES as error:
                print(f"{name}: {explained(error)}", file=sys.stderr, flush=True)
                failed = 1
    finally:
        spark.stop()
    return failed
