"""Parses the URL of a database, and rejects a URL that can be misread."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, quote, urlsplit

from ingest.errors import IngestError
from ingest.redaction import credentials


def read_address(address: str, variable: str) -> SplitResult:
    """The parts of the URL in the variable.

    Raises `IngestError` that names the character to percent-encode, but no secret.
    """
    for what, text in zip(("user", "password"), credentials(address), strict=True):
        if found := re.search(r"[@/?#\[\]\s]|%(?![0-9A-Fa-f]{2})", text):
            raise IngestError(
                f"The {what} in {variable} contains a character that is reserved in a URL: "
                f"write `{found[0]}` as `{quote(found[0], safe='')}`."
            )
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018 (reading the port validates it)
    except ValueError as error:
        raise IngestError(
            f"{variable} is not a valid URL: {error}. "
            "The format is `postgresql://user:password@host:5432/database`."
        ) from None
    return parts
