"""The command `python -m stream`, which is also what `spark-submit` runs."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
from collections.abc import Sequence

from stream import jobs
from stream.errors import FAILURES, explained
from stream.model import Stream

EXAMPLES = """examples:
  python -m stream                       every stream, as its trigger says
  python -m stream --once                every stream, over what is there now
  python -m stream --sample              over the sample events, without a broker
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the arguments ask for; 0 if all went well, else 1."""
    asked = _parser().parse_args(arguments)
    known = streams()
    unknown = [name for name in asked.stream if name not in known]
    if unknown:
        print(
            f"There is no stream {', '.join(unknown)}. There are: {', '.join(known)}.",
            file=sys.stderr,
        )
        return 1
    # Imported only now: Spark takes a while, and --help should not.
    from stream.exporter import exported
    from stream.read import messages, sample_messages
    from stream.run import run, start
    from stream.session import session
    from stream.summary import show

    chosen = [known[name] for name in asked.stream or known]
    spark = session("streams", asked.master)
    read = sample_messages if asked.sample else messages
    once = asked.once or asked.sample
    try:
        with exported(spark, chosen, once=once):
            run(spark, [start(spark, stream, read(spark, stream), once=once) for stream in chosen])
        show(spark, chosen)
    except FAILURES as error:
        print(explained(error), file=sys.stderr)
        return 1
    finally:
        spark.stop()
    return 0


def streams() -> dict[str, Stream]:
    """The streams by name: `source.stream`."""
    modules = sorted(module.name for module in pkgutil.iter_modules(jobs.__path__))
    found = [importlib.import_module(f"stream.jobs.{name}").STREAM for name in modules]
    return {stream.query: stream for stream in found}


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
    add("--sample", action="store_true", help="read the sample events instead of the topic")
    add("--master", help="the Spark master; by default SPARK_MASTER, else this machine")
    return parser


if __name__ == "__main__":
    sys.exit(main())
