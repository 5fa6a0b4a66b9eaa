"""Errors that need a person; each names the runbook page that says what to do."""

from __future__ import annotations

import re

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException

from stream.settings import LOG


class StreamError(Exception):
    """A stream cannot go on. `page` is the name of a page in docs/runbooks."""

    def __init__(self, problem: str, page: str | None = None) -> None:
        super().__init__(f"{problem}. See docs/runbooks/{page}.md." if page else problem)

    @classmethod
    def checkpoint(cls, folder: str, reason: str) -> StreamError:
        """It is unknown what the query has done."""
        return cls(f"The checkpoint {folder} is not usable: {reason}", "checkpoint-lost")

    @classmethod
    def no_topic(cls, topic: str) -> StreamError:
        """The broker has no such topic."""
        return cls(f"The broker has no topic {topic}", "topic-missing")

    @classmethod
    def unreachable(cls, servers: str, reason: str) -> StreamError:
        """No broker answers."""
        return cls(f"No broker answers at {servers}: {reason}", "broker-unreachable")


FAILURES = (StreamError, PySparkException, Py4JError)
"""The exceptions by which a stream fails."""

OURS = re.compile(r"stream\.errors\.StreamError: (.+)")
KNOWN = [
    (
        r"(?:No space left on device|Disk quota exceeded)",
        "The disk is full: {} cannot be written",
        "disk-full",
    ),
    (
        r"(?s:Some data may have been lost.*?Reason:? *)(.+?)\.?$",
        "The topic has lost messages that were not read yet: {}",
        "messages-gone",
    ),
    (
        r"\[(?:ARITHMETIC_OVERFLOW|NUMERIC_VALUE_OUT_OF_RANGE)\b[^\]]*\] ([^.\n]+)",
        "An aggregate is too large for its type: {}",
        "figure-too-large",
    ),
    (
        r"UnknownTopicOrPartitionException",
        "The broker has no topic that the stream reads",
        "topic-missing",
    ),
    (
        r"kafka\.common\.errors\.(?:Timeout|Network|Disconnect)Exception",
        "No broker answers at the address of the topic: no answer in time",
        "broker-unreachable",
    ),
]
"""Patterns in Spark's reports, with the problem and the page."""
PLACE = re.compile(r"file:(/[^\s,;\]]+[^\s,;\].])")
# Outside of batches, nothing but the files of checkpoints is read as JSON.
CHECKPOINT = re.compile(
    r"\.(OffsetSeqLog|CommitLog|HDFSMetadataLog|StreamMetadata)\$?\."
    r"|Failed to read log file|Unexpected end-of-input|Unexpected character|Unrecognized token"
)
FOLDER = re.compile(r"checkpointLocation=([^,\]]+)")
RAISED = re.compile(r"^(?:: |(?=(?!py4j)[\w.]+(?:Error|Exception): ))(.+)$", re.MULTILINE)


def explained(error: BaseException, checkpoint: str = "of the stream") -> StreamError:
    """The error in one line, with the page that says what to do, if there is one.

    Spark's log has its own report, with the traces of Java.
    """
    if isinstance(error, StreamError):
        return error
    text = str(error)
    if ours := OURS.search(text):
        return StreamError(ours[1])
    for pattern, problem, page in KNOWN:
        if found := re.search(pattern, text, re.MULTILINE):
            place = PLACE.search(text)
            what = found[1] if found.groups() else place[1] if place else "what the stream writes"
            return StreamError(problem.format(what), page)
    reason = _reason(text) or type(error).__name__
    if CHECKPOINT.search(text) and "FOREACH_BATCH" not in text:
        folder = FOLDER.search(text)
        return StreamError.checkpoint(folder[1] if folder else checkpoint, reason)
    return StreamError(f"{reason}. The full report is in Spark's log, on this machine {LOG}.")


def _reason(text: str) -> str:
    """The most telling line of a report."""
    raised = RAISED.search(text) if "Return Message: Traceback" in text else None
    said = raised[1] if raised else text.rpartition("terminated with exception: ")[2]
    return said.partition("\n")[0].partition(" SQLSTATE: ")[0].rstrip(". ")
