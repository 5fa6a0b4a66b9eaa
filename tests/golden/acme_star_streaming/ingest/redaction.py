"""Keeps the passwords of configured URLs out of messages, in any form that a driver shows."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, quote, unquote

_PASSWORD_IN_ADDRESS = re.compile(r"(://[^:/@\s]*):[^\s]*@")
_PASSWORD_SETTING = re.compile(
    r"(?i)(password|passwd|pwd)(\s*=\s*)('(?:[^'\\]|\\.)*'|\"[^\"]*\"|[^\s&;]+)"
)
_DELIMITERS = re.compile(r"[@/:?#\[\]%\s]+")
# Shorter passwords are masked only in URLs and settings: elsewhere, they are parts of words.
SHORTEST = 4


def redact(text: str) -> str:
    """The text without the passwords of the configured URLs, or of any URL in the text."""
    secrets = sorted(_secrets(), key=len, reverse=True)
    for secret in secrets:
        text = text.replace(f":{secret}@", ":***@")
        if len(secret) > SHORTEST + 1:
            text = text.replace(secret, "***")
        elif len(secret) >= SHORTEST:
            text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", "***", text)
    return _PASSWORD_SETTING.sub(r"\1\2***", _PASSWORD_IN_ADDRESS.sub(r"\1:***@", text))


def credentials(address: str) -> tuple[str, str]:
    """The user and the password of a URL as they are written, encoded or not."""
    rest = address.partition("://")[2]
    before = rest.rpartition("@")[0]
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if "@" not in authority and re.match(r"[^:@]*(:\d+)?/[^?]*\?", rest):
        return "", ""  # `host:5432/shop?user=a@b`: the `@` is in the query.
    user, _, password = before.partition(":")
    return user, password


def _secrets() -> set[str]:
    passwords = {os.environ.get(name) or "" for name in ("WAREHOUSE_PASSWORD", "PGPASSWORD")}
    for value in os.environ.values():
        if "://" in value:
            passwords.update(_passwords(value))
    found: set[str] = set()
    for password in passwords - {""}:
        found |= {password, unquote(password), quote(password, safe=""), quote(password)}
        # A driver that misreads a URL shows a part of the password as the host or the path.
        found |= set(_DELIMITERS.split(password))
    return found - {""}


def _passwords(address: str) -> Iterator[str]:
    yield credentials(address)[1]
    for name, value in parse_qsl(address.partition("?")[2]):
        if name.lower() in ("password", "passwd", "pwd", "sslpassword"):
            yield value
