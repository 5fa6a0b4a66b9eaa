"""What the commands that look after the tables of streams have in common."""

from __future__ import annotations

import argparse
import fcntl
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pyspark.sql import SparkSession

from stream.batch import Batches
from stream.errors import FAILURES, StreamError, explained
from stream.jobs import chosen
from stream.model import Stream
from stream.progress import Position
from stream.session import session
from stream.settings import DATA, checkpoints

NOTHING = "nothing has been read yet"


def parser(module: str, description: str) -> argparse.ArgumentParser:
    """A parser of arguments that takes names of streams."""
    made = argparse.ArgumentParser(prog=f"python -m {module}", description=description)
    made.add_argument("stream", nargs="*", help="names of streams, as source.stream; default: all")
    made.add_argument("--master", help="the Spark master; default: SPARK_MASTER, else this machine")
    return made


def for_each(
    asked: argparse.Namespace,
    work: Callable[[SparkSession, Stream], str],
    include: Callable[[Stream], bool] = lambda _: True,
) -> int:
    """Do the work for the streams that the arguments name, and print its result; 0 if all went well, else 1.

    Without names, it is done for all streams to `include`.
    """
    try:
        streams = chosen(asked.stream)
    except StreamError as error:
        print(error, file=sys.stderr)
        return 1
    failed = 0
    spark = session("streams", asked.master)
    try:
        for name, stream in streams.items():
            if asked.stream or include(stream):
                try:
                    print(f"{name}: {work(spark, stream)}", flush=True)
                except FAILURES as error:
                    print(f"{name}: {explained(error)}", file=sys.stderr, flush=True)
                    failed = 1
    finally:
        spark.stop()
    return failed


@contextmanager
def locked(stream: Stream) -> Iterator[None]:
    """Hold the lock of a stream, so that only one process changes rows that are in its tables.

    The job needs no lock: it only adds rows of later batches. The lock ends with the process. Raises
    `StreamError` if another process has it. The lock of a lake in an object store is on this machine.
    """
    folder = checkpoints(stream.source)
    local = DATA / "locks" if "://" in folder else Path(folder)
    local.mkdir(parents=True, exist_ok=True)
    with (local / f"{stream.query}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StreamError(
                f"{stream.query} is being replayed, repaired or maintained by another process. "
                "Wait until that has ended."
            ) from error
        yield


def full_load(stream: Stream, why: str = "") -> str:
    """A further line of a result: an incremental load would not bring the change to the warehouse."""
    return f"\n  {why}Load them in full once: .venv/bin/python -m ingest {stream.source} --full"


def full_load_if_passed(batches: Batches, position: Position) -> str:
    """That line, if the job has gone on since the position, so that loads may have seen newer batches."""
    if batches.progress.written() == position:
        return ""
    return full_load(batches.stream, "The job has gone on, so loads may have skipped these rows. ")
