"""Errors that a person can act on, and texts without passwords."""

from __future__ import annotations

from collections.abc import Iterator

from ingest.redaction import redact

__all__ = ["IngestError", "UsageError", "explain", "flags_that_repair", "redact"]


class IngestError(Exception):
    """Something that is expected to go wrong now and then; its text says what to do.

    `flags` are what the command that loads the table has to say besides, to repair it.
    """

    def __init__(self, text: str, flags: str = "") -> None:
        super().__init__(text)
        self.flags = flags


class UsageError(IngestError):
    """A command that makes no sense as it was given."""


def explain(error: BaseException) -> str:
    """The text of the error that started it all, however often it was wrapped."""
    chain = list(_causes(error))
    if ours := _ours(chain):
        return redact(str(ours).strip())
    # dlt wraps what a driver says, and a driver's iterator may end with a bare StopIteration.
    told = [cause for cause in chain if str(cause).strip() and not _is_wrapper(cause)]
    cause = (told or chain)[0]
    return redact(f"{type(cause).__name__}: {str(cause).strip() or 'no further message'}")


def flags_that_repair(error: BaseException) -> str:
    """The flags that the error asks for."""
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
