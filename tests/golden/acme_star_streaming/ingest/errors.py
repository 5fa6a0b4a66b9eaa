"""Errors that a person can act on, and texts without passwords."""

from __future__ import annotations

import re
from collections.abc import Iterator

_PASSWORD_IN_URL = re.compile(r"(://[^:/@\s]*):[^\s]*@")
_PASSWORD_SETTING = re.compile(r"(?i)(password|passwd|pwd)(\s*=\s*)('[^']*'|[^\s&;]+)")


class IngestError(Exception):
    """Something that is expected to go wrong now and then; its text says what to do."""


def redact(text: str) -> str:
    """The text without the passwords that addresses and connection strings carry."""
    return _PASSWORD_SETTING.sub(r"\1\2***", _PASSWORD_IN_URL.sub(r"\1:***@", text))


def explain(error: BaseException) -> str:
    """The text of the error that started it all, however often it was wrapped."""
    chain = list(_causes(error))
    ours = [cause for cause in chain if isinstance(cause, IngestError)]
    cause = (ours or chain)[-1]
    text = str(cause).strip() or type(cause).__name__
    return redact(text if ours else f"{type(cause).__name__}: {text}")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or getattr(error, "exception", None) or error.__context__
