"""The command `python -m stream`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from stream.errors import FAILURES, StreamError, explained
from stream.jobs import chosen

EXAMPLES = """examples:
  python -m stream                       every stream, with its trigger
  python -m stream --once                every stream, over all messages that are available
  python -m stream --sample              every stream over its sample events, without a broker
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the arguments ask for; 0 if all went well, else 1."""
    asked = _parser().parse_args(arguments)
    try:
        streams = list(chosen(asked.stream).values())
    except StreamError as error:
        print(error, file=sys.stderr)
        return 1
    # Spark takes a while to import, and --help should not.
    from stream.batch import Batches
    from stream.metrics import exported
    from stream.read import messages
    from stream.run import run, start
    from stream.sample.lake import empty_sample_lake, sample_messages
    from stream.session import session

    if asked.sample:
        empty_sample_lake(streams)
    spark = session("streams", asked.master, brief=asked.sample)
    read = sample_messages if asked.sample else messages
    once = asked.once or asked.sample
    try:
        with exported(spark, streams, once=once):
            run(spark, [start(spark, stream, read(spark, stream), once=once) for stream in streams])
        for stream in streams:
            counts = [
                f"{table.rows().count():,} in {table.path.rpartition('/')[2]}"
                for table in Batches(spark, stream).tables
            ]
            print(f"{stream.query}: {', '.join(counts)}")
    except FAILURES as error:
        print(explained(error), file=sys.stderr)
        return 1
    finally:
        spark.stop()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m stream",
        description="Keep the tables of the lake up to date with their topics.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("stream", nargs="*", help="names of streams, as source.stream; default: all")
    add("--once", action="store_true", help="end after all available messages")
    add("--sample", action="store_true", help="rebuild the sample lake from the sample events")
    add("--master", help="the Spark master; default: SPARK_MASTER, else this machine")
    return parser


if __name__ == "__main__":
    sys.exit(main())
