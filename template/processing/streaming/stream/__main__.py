"""The command `python -m stream`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from stream.errors import FAILURES, StreamError, explained
from stream.jobs import chosen

EXAMPLES = """examples:
  python -m stream                       every stream, as its trigger says
  python -m stream --once                every stream, over what is there now
  python -m stream --sample              over the sample events, without a broker
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the arguments ask for; 0 if all went well, else 1."""
    asked = _parser().parse_args(arguments)
    try:
        streams = list(chosen(asked.stream).values())
    except StreamError as error:
        print(error, file=sys.stderr)
        return 1
    # Imported only now: Spark takes a while, and --help should not.
    from stream.exporter import exported
    from stream.read import messages, sample_messages
    from stream.run import run, start
    from stream.sample_lake import begin_anew
    from stream.session import session
    from stream.summary import show

    if asked.sample:
        begin_anew(streams)
    spark = session("streams", asked.master, brief=asked.sample)
    read = sample_messages if asked.sample else messages
    once = asked.once or asked.sample
    try:
        with exported(spark, streams, once=once):
            run(spark, [start(spark, stream, read(spark, stream), once=once) for stream in streams])
        show(spark, streams)
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
    add("stream", nargs="*", help="names of streams, as source.stream; all if none is given")
    add("--once", action="store_true", help="end when all that is there has been read")
    add("--sample", action="store_true", help="make a lake of the sample events anew, apart")
    add("--master", help="the Spark master; by default SPARK_MASTER, else this machine")
    return parser


if __name__ == "__main__":
    sys.exit(main())
