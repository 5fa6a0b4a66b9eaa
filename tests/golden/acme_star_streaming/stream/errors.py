"""Errors that a person has to do something about; each names the page that says what."""

from __future__ import annotations

import re
from datetime import datetime

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException

from stream.settings import LOG

PAGES = "docs/runbooks"


class StreamError(Exception):
    """A stream cannot go on."""

    @classmethod
    def checkpoint(cls, folder: str, reason: str) -> StreamError:
        """What the query has done is not known."""
        return cls(
            f"The checkpoint {folder} is not usable: {reason}. See {PAGES}/checkpoint-lost.md."
        )

    @classmethod
    def messages_gone(cls, reason: str) -> StreamError:
        """The topic no longer has what the stream would read next."""
        return cls(
            f"The topic has lost messages that were not read yet: {reason}. "
            f"See {PAGES}/messages-gone.md."
        )

    @classmethod
    def anew(cls, topic: str, partition: int, end: int, read: int) -> StreamError:
        """The topic is not the one that the stream has read."""
        return cls(
            f"Partition {partition} of topic {topic} ends at offset {end}, and the stream has read up to {read}: "
            f"the topic was deleted and made anew. See {PAGES}/messages-gone.md."
        )

    @classmethod
    def history(cls, query: str, since: datetime, reason: str) -> StreamError:
        """What would have to be read again is not there."""
        return cls(
            f"{query} cannot be replayed from {since:%Y-%m-%dT%H:%M}Z on: {reason}. "
            f"See {PAGES}/replay-impossible.md."
        )

    @classmethod
    def changed(cls, path: str, query: str, what: str) -> StreamError:
        """The rows of a table of the lake are not what the spec says now."""
        return cls(
            f"The table {path} has rows of before a change of the spec, and nothing was added: {what}. "
            f"Take the change back, or `make rebuild STREAM={query}`. See {PAGES}/stream-changed.md."
        )

    @classmethod
    def table(cls, path: str, reason: str) -> StreamError:
        """A table of the lake cannot hold what the spec says now."""
        return cls(
            f"The table {path} cannot follow the spec: {reason}. See {PAGES}/contract-broken.md."
        )

    @classmethod
    def too_large(cls, reason: str) -> StreamError:
        """A figure of the batch is beyond what its type holds."""
        return cls(
            f"A figure is too large for its type: {reason}. See {PAGES}/figure-too-large.md."
        )

    @classmethod
    def no_topic(cls, topic: str) -> StreamError:
        """The broker has no such topic."""
        return cls(f"The broker has no topic {topic}. See {PAGES}/topic-missing.md.")

    @classmethod
    def unreachable(cls, servers: str, reason: str) -> StreamError:
        """No broker answers."""
        return cls(f"No broker answers at {servers}: {reason}. See {PAGES}/broker-unreachable.md.")

    @classmethod
    def disk_full(cls, place: str) -> StreamError:
        """There is no room for what has to be written."""
        return cls(f"The disk is full: {place} cannot be written. See {PAGES}/disk-full.md.")


FAILURES = (StreamError, PySparkException, Py4JError)
"""What goes wrong in a stream, as Python sees it."""

LOST = re.compile(r"Some data may have been lost.*?Reason:? *(.+?)\.?$", re.DOTALL | re.MULTILINE)
FULL = re.compile(r"No space left on device|Disk quota exceeded")
PLACE = re.compile(r"file:(/[^\s,;\]]+[^\s,;\].])")
NO_TOPIC = re.compile(r"UnknownTopicOrPartitionException")
BEYOND = re.compile(r"\[(?:ARITHMETIC_OVERFLOW|NUMERIC_VALUE_OUT_OF_RANGE)\b[^\]]*\] ([^.\n]+)")
SILENT = re.compile(
    r"kafka\.common\.errors\.(TimeoutException|NetworkException|DisconnectException)"
)
OURS = re.compile(r"stream\.errors\.StreamError: (.+)")
# Outside of batches, nothing but the files of checkpoints is read as JSON.
CHECKPOINT = re.compile(
    r"\.(OffsetSeqLog|CommitLog|HDFSMetadataLog|StreamMetadata)\$?\."
    r"|Failed to read log file|Unexpected end-of-input|Unexpected character|Unrecognized token"
)
FOLDER = re.compile(r"checkpointLocation=([^,\]]+)")
RAISED = re.compile(r"^(?:: |(?=(?!py4j)[\w.]+(?:Error|Exception): ))(.+)$", re.MULTILINE)


def explained(error: BaseException, checkpoint: str = "of the stream") -> StreamError:
    """What has happened in one line, with the page that says what to do, if there is one.

    Spark's own report, with the traces of Java, goes to its log.
    """
    if isinstance(error, StreamError):
        return error
    text = str(error)
    if ours := OURS.search(text):
        return StreamError(ours[1])
    if FULL.search(text):
        place = PLACE.search(text)
        return StreamError.disk_full(place[1] if place else "what the stream makes")
    if lost := LOST.search(text):
        return StreamError.messages_gone(lost[1])
    if beyond := BEYOND.search(text):
        return StreamError.too_large(beyond[1])
    if NO_TOPIC.search(text):
        return StreamError.no_topic("that the stream reads")
    if SILENT.search(text):
        return StreamError.unreachable("the address of the topic", "no answer in time")
    reason = _reason(text) or type(error).__name__
    if CHECKPOINT.search(text) and "FOREACH_BATCH" not in text:
        folder = FOLDER.search(text)
        return StreamError.checkpoint(folder[1] if folder else checkpoint, reason)
    return StreamError(f"{reason}. The whole report is in Spark's log, on this machine {LOG}.")


def _reason(text: str) -> str:
    """The line of a report that says most."""
    raised = RAISED.search(text) if "Return Message: Traceback" in text else None
    said = raised[1] if raised else text.rpartition("terminated with exception: ")[2]
    return said.partition("\n")[0].partition(" SQLSTATE: ")[0].rstrip(". ")
