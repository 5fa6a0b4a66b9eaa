"""Spark's reports become one line that says what to do."""

from __future__ import annotations

import pytest
from pyspark.errors import PySparkException

from stream.errors import StreamError, explained

QUERY = "[STREAM_FAILED] Query [id = 1, runId = 2] terminated with exception: "
REPORTS = [
    (
        "org.apache.spark.sql.kafka010.KafkaIllegalStateException: Some data may have been lost because they are "
        "not available in Kafka any more;\neither the data was aged out by Kafka or the topic may have been deleted\n"
        "Reason: Could not read records in offset [50, 100) for topic partition clicks-0\n\tat org.apache.spark.X",
        "The topic has lost messages that were not read yet: Could not read records in offset [50, 100) for topic "
        "partition clicks-0. See docs/runbooks/messages-gone.md.",
    ),
    (
        "Caused by: [TASK_WRITE_FAILED] Task failed while writing rows to file:/lake/clicks/pages. SQLSTATE: 58030\n"
        "Caused by: java.io.IOException: No space left on device",
        "The disk is full: /lake/clicks/pages cannot be written. See docs/runbooks/disk-full.md.",
    ),
    (
        f"{QUERY}Unexpected end-of-input\n at [Source: 1] SQLSTATE: XXKST\n"
        "Logical Plan:\n[checkpointLocation=/lake/_checkpoints/pages]",
        "The checkpoint /lake/_checkpoints/pages is not usable: Unexpected end-of-input. "
        "See docs/runbooks/checkpoint-lost.md.",
    ),
    (
        f"{QUERY}org.apache.kafka.common.errors.TimeoutException: Timed out SQLSTATE: XXKST",
        "No broker answers at the address of the topic: no answer in time. "
        "See docs/runbooks/broker-unreachable.md.",
    ),
    (
        f"{QUERY}[FOREACH_BATCH_USER_FUNCTION_ERROR] Return Message: Traceback (most recent call last):\n"
        "stream.errors.StreamError: The checkpoint is not usable.\n\tat py4j.Protocol",
        "The checkpoint is not usable.",
    ),
]


@pytest.mark.parametrize(("report", "line"), REPORTS)
def test_a_known_failure_is_one_line_that_names_its_page(report, line):
    assert str(explained(RuntimeError(report))) == line


def test_another_failure_is_its_first_line_and_the_path_of_the_log():
    new = f"{QUERY}Something new. SQLSTATE: XXKST\n\tat java.lang.X"
    in_a_batch = (
        f"{QUERY}[FOREACH] Return Message: Traceback (most recent call last):\n  File x\n"
        "py4j.protocol.Py4JJavaError: An error occurred while calling o1.save.\n: Something new.\n\tat java.lang.X"
    )
    for report in (new, in_a_batch):
        said = str(explained(RuntimeError(report)))
        assert said.startswith("Something new. The full report is in Spark's log")
        assert said.endswith("data/logs/spark.log.")


def test_a_stream_error_is_unchanged():
    ours = StreamError.no_topic("clicks")
    assert explained(ours) is ours


def test_a_sum_beyond_its_type_names_its_page(spark):
    values = spark.sql("select * from values (9223372036854775807L), (1L) as t(number)")
    with pytest.raises(PySparkException) as error:
        values.groupBy().sum("number").collect()
    assert str(explained(error.value)).startswith("An aggregate is too large for its type: ")
    assert str(explained(error.value)).endswith("See docs/runbooks/figure-too-large.md.")
