"""Errors that tell the user what to do, and messages without passwords."""

from __future__ import annotations

from collections.abc import Iterator

from ingest.redaction import redact

__all__ = ["IngestError", "UsageError", "explain", "flags_that_repair", "redact"]


class IngestError(Exception):
    """An expected failure; its message says what to do.

    `flags` are the additional flags with which the load repairs the table.
    """

    def __init__(self, text: str, flags: str = "") -> None:
        super().__init__(text)
        self.flags = flags


class UsageError(IngestError):
    """A command with invalid or contradictory arguments."""


def explain(error: BaseException) -> str:
    """The message of the root cause, however often it is wrapped."""
    chain = list(_causes(error))
    if ours := _ours(chain):
        return redact(str(ours).strip())
    # dlt wraps the errors of drivers, and a driver's iterator may end with a bare StopIteration.
    told = [cause for cause in chain if str(cause).strip() and not _is_wrapper(cause)]
    cause = (told or chain)[0]
    return redact(f"{type(cause).__name__}: {str(cause).strip() or 'no further message'}")


def flags_that_repair(error: BaseException) -> str:
    """The additional flags that the error suggests for the next load."""
    ours = _ours(list(_causes(error)))
    return ours.flags if ours else ""


def _ours(chain: list[BaseException]) -> IngestError | None:
    return next((cause for cause in reversed(chain) if isinstance(cause, IngestError)), None)


def _is_wrapper(error: BaseException) -> bool:
    return type(error).__module__.startswith("dlt.") or isinstance(error, StopIteration)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or getattr(error, "exception", None) or error.__context__
