"""Breaks and mends the streams of a generated repository, and prints what was said and what came of it, as JSON.

Run in that repository, in the environment of its streams: python mend.py DISK
DISK is a small disk that can be made larger, or nothing.
"""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient

WAIT = 300
BEGIN = datetime(2026, 1, 5, 9, tzinfo=timezone.utc)
MESSAGES = 600
KEPT_FROM = 200
"""From which offset on each partition keeps its messages, once it has lost the first ones."""
FIGURES = ("window_start", "page", "view_count", "seconds_sum")


def main() -> None:
    """Do all of it in one session of Spark."""
    from stream.create_topics import create
    from stream.jobs import streams
    from stream.replay import Span, replay
    from stream.session import session

    spark = session("tests")
    known = {name: dataclasses.replace(stream, max_offsets=400) for name, stream in streams().items()}
    views, traffic = known["web.page_views"], known["web.page_traffic"]
    topic = traffic.topic
    lakes = Path.cwd() / "lakes"

    def run(stream: Any) -> None:
        from stream.read import messages
        from stream.run import run, start

        run(spark, [start(spark, stream, messages(spark, stream), once=True)])

    def made() -> list[str]:
        from stream.batch import Batches

        batches = Batches(spark, traffic)
        figures = batches.table.rows().groupBy(*FIGURES[:2]).agg(dict.fromkeys(FIGURES[2:], "sum"))
        late = batches.late.rows().select("kafka_partition", "kafka_offset", "window_start", "seen")
        return [sorted(str(tuple(row)) for row in rows.collect()) for rows in (figures, late)]

    def spoil() -> None:
        from stream.batch import Batches

        batches = Batches(spark, traffic)
        spark.sql(f"DELETE FROM delta.`{batches.table.path}` WHERE page = 'home'")
        spark.sql(f"DELETE FROM delta.`{batches.late.path}`")

    found: dict[str, Any] = {}
    os.environ["WEB_LAKE"] = str(lakes / "web")
    create(topic)
    put(topic, values())
    for stream in (views, traffic):
        run(stream)
    found["made"] = made()

    if len(sys.argv) > 1:
        os.environ["WEB_LAKE"] = str(Path(sys.argv[1]) / "web")
        found["full disk"] = said(lambda: run(traffic))
        subprocess.run(["mount", "-o", "remount,size=64m", sys.argv[1]], check=True)
        run(traffic)
        found["made on a disk that was full"] = made()
        os.environ["WEB_LAKE"] = str(lakes / "web")

    all_of_it = Span(BEGIN - timedelta(days=1))
    spoil()
    killed(lambda: replay(spark, traffic, all_of_it, [views, traffic]))
    found["replay"] = said(lambda: replay(spark, traffic, all_of_it, [views, traffic]))
    found["replayed from the topic"] = made()
    forget(topic, KEPT_FROM)
    spoil()
    found["replay after retention"] = said(lambda: replay(spark, traffic, all_of_it, [views]))
    found["replayed from the lake"] = made()
    found["replay without a lake"] = said(lambda: replay(spark, views, Span(BEGIN), [views, traffic]))
    checkpoint = lakes / "web/_checkpoints/page_traffic"
    shutil.copytree(checkpoint, lakes / "older")
    put(topic, values())
    run(traffic)
    found["counted in the end"] = total(spark, traffic)

    shutil.copytree(checkpoint, lakes / "backup")
    for offsets in checkpoint.glob("offsets/*"):
        offsets.write_text('v1\n{"batchWater')
    for checks in checkpoint.glob("offsets/.*"):
        checks.unlink()
    found["damaged checkpoint"] = said(lambda: run(traffic))
    shutil.rmtree(checkpoint)
    found["no checkpoint"] = said(lambda: run(traffic))
    shutil.copytree(lakes / "older", checkpoint)
    found["older checkpoint"] = said(lambda: run(traffic))
    shutil.rmtree(checkpoint)
    shutil.copytree(lakes / "backup", checkpoint)

    put(topic, values())
    forget(topic, -1)
    found["messages gone"] = said(lambda: run(traffic))
    client = admin()
    client.delete_topics([topic.name])[topic.name].result(WAIT)
    while topic.name in client.list_topics(timeout=WAIT).topics:
        time.sleep(0.1)
    found["no topic"] = said(lambda: run(traffic))
    create(topic)
    found["topic created again"] = said(lambda: run(traffic))
    os.environ["WEB_URL"] = "127.0.0.1:1"
    found["no broker"] = said(lambda: run(traffic))
    spark.stop()
    print(json.dumps(found))


def values() -> Iterator[bytes]:
    """Page views, a tenth of which come ten to fifty minutes after their time; every fiftieth is broken."""
    for number in range(MESSAGES):
        late = timedelta(minutes=number % 50) if number % 10 == 7 else timedelta()
        event = {
            "viewId": f"00000000-0000-0000-0000-{number:012}",
            "viewedAt": (BEGIN + timedelta(seconds=10 * number) - late).isoformat(),
            "visitorId": str(number % 13),
            "page": ("home", "product", "basket")[number % 3],
            "seconds": number % 7 + 0.25,
            "device": {"kind": "phone"},
        }
        text = json.dumps(event)
        yield (text if number % 50 else text[:40]).encode()


def put(topic: Any, values: Iterator[bytes]) -> None:
    """Produce the values, to one partition after the other."""
    producer = Producer({"bootstrap.servers": os.environ[topic.variable]})
    for number, value in enumerate(values):
        producer.produce(topic.name, value, partition=number % topic.partitions)
    producer.flush(WAIT)


def forget(topic: Any, before: int) -> None:
    """Have the broker delete the messages before an offset, as at the end of their retention."""
    places = [TopicPartition(topic.name, part, before) for part in range(topic.partitions)]
    client = admin()
    for deleted in client.delete_records(places).values():
        deleted.result(WAIT)


def admin() -> AdminClient:
    """A client of the broker; what it was asked for ends with it."""
    return AdminClient({"bootstrap.servers": os.environ["WEB_URL"]})


def total(spark: Any, stream: Any) -> int:
    """How many messages are counted, late or dead."""
    from stream.batch import Batches

    batches = Batches(spark, stream)
    counted = batches.table.rows().agg({"view_count": "sum"}).first()[0]
    return counted + batches.late.rows().count() + batches.dead.rows().count()


def killed(action: Callable[[], Any]) -> None:
    """Do something, up to the moment at which it would replace rows of its second table."""
    from stream.lake import LakeTable

    replace, done = LakeTable.replace, []

    def replace_once(table: Any, *arguments: Any) -> None:
        if done:
            raise KeyboardInterrupt
        replace(table, *arguments)
        done.append(table)

    LakeTable.replace = replace_once
    try:
        action()
    except KeyboardInterrupt:
        return
    finally:
        LakeTable.replace = replace
    raise AssertionError("it was not killed")


def said(action: Callable[[], Any]) -> str | None:
    """What the action says, or its error as the commands print it."""
    from stream.errors import FAILURES, explained

    try:
        return action()
    except FAILURES as error:
        return f"error: {explained(error)}"


if __name__ == "__main__":
    main()
