"""Reads the address of a database, after making sure that nothing in it can be misread."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, quote, urlsplit

from ingest.errors import IngestError
from ingest.redaction import credentials


def read_address(address: str, variable: str) -> SplitResult:
    """The parts of the address that the variable holds.

    Raises `IngestError` naming the character that has to be percent-encoded, but no secret.
    """
    for what, text in zip(("user", "password"), credentials(address), strict=True):
        if found := re.search(r"[@/?#\[\]\s]|%(?![0-9A-Fa-f]{2})", text):
            raise IngestError(
                f"The {what} in {variable} contains a character that means something else in an "
                f"address: write `{found[0]}` as `{quote(found[0], safe='')}`."
            )
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018 (reading it is what checks it)
    except ValueError as error:
        raise IngestError(
            f"{variable} is not a valid address: {error}. "
            "It looks like `postgresql://user:password@host:5432/database`."
        ) from None
    return parts
