"""Runs the job of a stream, for tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import DataFrame

from ingest.lakes import variable
from stream.batch import Batches
from stream.model import Stream
from stream.parse import events, parse
from stream.reprocess import PastBatch


def rows_of(stream: Stream, messages: DataFrame) -> DataFrame:
    """The rows that the job of the stream writes for these messages."""
    batch = PastBatch(stream, events(parse(messages, stream.topic)))
    stream.process(batch)
    return batch.rows


def batch_of(
    stream: Stream, messages: DataFrame, lake: Path, monkeypatch: pytest.MonkeyPatch
) -> Batches:
    """The tables of the stream in a new lake, after one batch with these messages."""
    monkeypatch.setenv(variable(stream.source), str(lake))
    batches = Batches(messages.sparkSession, stream)
    batches.create_tables()
    batches(messages, 0)
    return batches
