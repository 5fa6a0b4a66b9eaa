"""A generated stream, a handwritten job and a raw copy, over the same topics of one broker, in one Spark session.

`tests.bench.streaming` runs this in a generated repository, with the Python of its streams.
The last line of the output is JSON: the median seconds by number of events and method.
"""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.streaming import StreamingQuery
from stream.batch import Batches
from stream.jobs.web__page_traffic import STREAM
from stream.run import start
from stream.sample.broker import broker
from stream.session import session

from tests.bench.timing import in_turn

PARTITIONS = 2
BEGIN = datetime(2026, 1, 5, tzinfo=timezone.utc)
EVENTS_A_SECOND = 2
LATE_BY = timedelta(hours=1)

TOPICS = {"in order": (0, 0), "2 % broken": (50, 0), "2 % broken, 1 % late": (50, 100)}
"""For each topic: every nth message is broken, and every mth is late; 0 for none."""

COPY, BY_HAND = "raw copy", "handwritten job"
EVENTS = """
    array<struct<viewId string, viewedAt timestamp, visitorId string, customerId bigint, productId bigint, page string,
    seconds decimal(8, 2), device struct<kind: string, language: string>, campaigns array<string>>>
"""
RAW = "key binary, value binary, topic string, partition int, offset bigint, timestamp timestamp, timestampType int"
AGGREGATES = """
    window_start timestamp, window_end timestamp, page string, view_count bigint, seconds_sum decimal(38, 2),
    seconds_avg__sum double, seconds_avg__count bigint, batch bigint
"""
PAGES, DEVICES = ["home", "category", "product", "basket", "checkout"], ["phone", "tablet", "computer"]


def main(sizes: list[int], runs: int) -> None:
    """Create the topics, run every method over their last events, print the medians."""
    with tempfile.TemporaryDirectory() as scratch, broker(Path(scratch) / "kafka") as servers:
        for topic, (broken, late) in TOPICS.items():
            _produce(servers, _name(topic), max(sizes), broken, late)
        spark = session("bench")
        try:
            medians = {}
            for size in sizes:
                contest = Contest(spark, servers, Path(scratch), size, max(sizes))
                warmups = 1 if size == sizes[0] else 0
                medians[size] = in_turn(contest.contenders(), runs, warmups)
        finally:
            spark.stop()
    print(json.dumps(medians))


class Contest:
    """The methods to process the last `events` of the `available` events in each topic."""

    def __init__(self, spark: SparkSession, servers: str, folder: Path, events: int, available: int) -> None:
        self._spark, self._servers, self._folder = spark, servers, folder
        self._events, self._first = events, (available - events) // PARTITIONS
        self._runs = 0

    def contenders(self) -> dict[str, Callable[[], float]]:
        """The timed functions by name; each returns its seconds."""
        ours = {f"generated stream, {topic}": lambda topic=topic: self._generated(topic) for topic in TOPICS}
        return {COPY: self._copy, BY_HAND: self._by_hand, **ours}

    def _copy(self) -> float:
        table = self._table(RAW)
        writer = self._messages("in order").writeStream.format("delta").option("checkpointLocation", f"{table}.done")
        taken = _timed(lambda: writer.trigger(availableNow=True).start(table))
        assert self._spark.read.format("delta").load(table).count() == self._events
        return taken

    def _by_hand(self) -> float:
        table = self._table(AGGREGATES)
        messages = self._messages("in order")
        taken = _timed(lambda: by_hand(messages, table))
        assert self._sum(table) == self._events
        return taken

    def _generated(self, topic: str) -> float:
        os.environ["WEB_LAKE"] = self._place()
        batches = Batches(self._spark, STREAM)
        batches.create_tables()
        messages = self._messages(topic)
        taken = _timed(lambda: start(self._spark, STREAM, messages, once=True))
        late, dead = (
            self._spark.read.format("delta").load(table.path).count() for table in (batches.late, batches.dead)
        )
        assert self._sum(batches.table.path) + late + dead == self._events
        assert [bool(dead), bool(late)] == [bool(share) for share in TOPICS[topic]]
        return taken

    def _messages(self, topic: str) -> DataFrame:
        places = {_name(topic): {str(partition): self._first for partition in range(PARTITIONS)}}
        return (
            self._spark.readStream.format("kafka")
            .option("kafka.bootstrap.servers", self._servers)
            .option("subscribe", _name(topic))
            .option("startingOffsets", json.dumps(places))
            .option("maxOffsetsPerTrigger", STREAM.max_offsets)
            .load()
        )

    def _place(self) -> str:
        self._runs += 1
        return str(self._folder / "lake" / f"{self._events}" / f"{self._runs}")

    def _table(self, schema: str) -> str:
        """The path of a new table. Creating it is not timed, because a job creates its tables only once."""
        path = self._place()
        self._spark.createDataFrame([], schema).write.format("delta").save(path)
        return path

    def _sum(self, table: str) -> int:
        return self._spark.read.format("delta").load(table).agg(F.sum("view_count")).first()[0]


def by_hand(messages: DataFrame, table: str) -> StreamingQuery:
    """A job written for this topic alone: it drops invalid events and counts late events."""

    def write(batch: DataFrame, number: int) -> None:
        # An inlined array: Spark would parse a plain object again for each condition that follows.
        views = batch.select(F.inline(F.from_json(F.col("value").cast("string"), EVENTS)))
        valid = views.where(
            F.col("viewId").isNotNull()
            & F.col("viewedAt").isNotNull()
            & F.col("visitorId").isNotNull()
            & F.col("page").isin(PAGES)
            & (F.col("seconds").isNull() | F.col("seconds").between(0, 3600))
            & F.col("device.kind").isin(DEVICES)
        )
        aggregates = valid.groupBy(F.window("viewedAt", "5 minutes"), "page").agg(
            F.count("*").alias("view_count"),
            F.sum("seconds").cast("decimal(38, 2)").alias("seconds_sum"),
            F.sum("seconds").cast("double").alias("seconds_avg__sum"),
            F.count("seconds").alias("seconds_avg__count"),
        )
        rows = aggregates.select(
            F.col("window.start").alias("window_start"),
            F.col("window.end").alias("window_end"),
            *[column for column in aggregates.columns if column != "window"],
            F.lit(number).cast("bigint").alias("batch"),
        )
        writer = rows.write.format("delta").mode("append")
        writer.option("txnAppId", "page_traffic").option("txnVersion", number).save(table)

    writer = messages.writeStream.foreachBatch(write).option("checkpointLocation", f"{table}.done")
    return writer.trigger(availableNow=True).start()


def _timed(begin: Callable[[], StreamingQuery]) -> float:
    started = time.perf_counter()
    begin().awaitTermination()
    return time.perf_counter() - started


def _name(topic: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in topic)


def _produce(servers: str, topic: str, count: int, broken: int, late: int) -> None:
    """Create the topic; messages alternate between partitions, so that each is in time order except for late events."""
    admin = AdminClient({"bootstrap.servers": servers})
    admin.create_topics([NewTopic(topic, PARTITIONS, 1)])[topic].result(30)
    producer = Producer({"bootstrap.servers": servers, "linger.ms": 50, "queue.buffering.max.messages": 2 * count})
    for number, value in enumerate(_messages(count, broken, late)):
        producer.produce(topic, value, partition=number % PARTITIONS)
        producer.poll(0)
    assert producer.flush(60) == 0


def _messages(count: int, broken: int, late: int) -> Iterator[str]:
    chance = random.Random(count)
    ways = (_cut, _without_page, _unknown_page, _text_for_a_number)
    for number in range(count):
        at = BEGIN + timedelta(seconds=number / EVENTS_A_SECOND)
        if late and number % late == late // 2:
            at -= LATE_BY
        value = _view(number, at, chance)
        spoilt = broken and number % broken == number // broken % 2
        yield ways[number // broken % len(ways)](value) if spoilt else value


def _view(number: int, at: datetime, chance: random.Random) -> str:
    view = {
        "viewId": f"{number:08x}-0000-4000-8000-000000000000",
        "viewedAt": at.isoformat().replace("+00:00", "Z"),
        "visitorId": f"visitor-{chance.randrange(100_000)}",
        "customerId": chance.randrange(50_000),
        "page": chance.choice(PAGES),
        "seconds": chance.randrange(60_000) / 100,
        "device": {"kind": chance.choice(DEVICES), "language": "en"},
        "campaigns": ["spring", "mail"] if number % 5 == 0 else [],
    }
    return json.dumps(view)


def _cut(value: str) -> str:
    return value[: len(value) // 2]


def _without_page(value: str) -> str:
    return value.replace('"page"', '"site"')


def _unknown_page(value: str) -> str:
    return value.replace('"page": "', '"page": "un')


def _text_for_a_number(value: str) -> str:
    return value.replace('"customerId": ', '"customerId": "c", "was": ')


if __name__ == "__main__":
    main([int(size) for size in sys.argv[2:]], int(sys.argv[1]))
