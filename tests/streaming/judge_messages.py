"""Judges messages as the jobs of a generated repository do; run in that repository, in the environment of its streams.

python judge_messages.py MODULE < messages.json > reasons.json    MODULE of stream.topics; null is no reason
"""

from __future__ import annotations

import importlib
import json
import sys
from datetime import datetime, timezone

from pyspark.sql import functions as F
from stream.parse import parse
from stream.session import session

topic = importlib.import_module(f"stream.topics.{sys.argv[1]}").TOPIC
written = datetime(2026, 7, 1, tzinfo=timezone.utc)
rows = [("t", 0, offset, written, None, value) for offset, value in enumerate(json.load(sys.stdin))]
spark = session("judge", "local[1]")
schema = "topic string, partition int, offset long, timestamp timestamp, key binary, value string"
messages = spark.createDataFrame(rows, schema).withColumn("value", F.col("value").cast("binary"))
judged = parse(messages, topic).orderBy("offset").select("reason", "field").collect()
json.dump([list(row) for row in judged], sys.stdout)
