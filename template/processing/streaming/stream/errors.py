"""Errors that a person has to do something about; each names the page that says what."""

from __future__ import annotations


class StreamError(Exception):
    """A stream cannot go on."""

    @classmethod
    def checkpoint(cls, folder: str, reason: str) -> StreamError:
        """What the query has done is not known."""
        return cls(
            f"The checkpoint {folder} is not usable: {reason}. See docs/runbooks/checkpoint-lost.md."
        )
