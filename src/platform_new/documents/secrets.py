"""Find passwords in texts, to refuse them, and mask them, so that no message shows them."""

from __future__ import annotations

import re

IN_ADDRESS = re.compile(
    r"(?P<scheme>(?:postgre|mysql|mariadb)\w*(?:\+\w+)?://|[a-zA-Z][\w+.-]*://(?=\S+@))(?P<user>[^\s:/@]*)"
    r":(?!password@)[^\n`]+@",
    re.IGNORECASE,
)
IN_PARAMETER = re.compile(
    r"(?P<name>\b(?:password|passwd|pwd|sslpassword)=)(?P<value>'[^']*'|[^\s&;'\"]+)", re.IGNORECASE
)
IS_ADDRESS = re.compile(r"://|\b(?:host|dbname|database|server)=", re.IGNORECASE)
MASK = "***"


def holds_password(text: str) -> bool:
    """Whether the text contains an address with a password, before the host or as a parameter."""
    return bool(IN_ADDRESS.search(text) or (IS_ADDRESS.search(text) and IN_PARAMETER.search(text)))


def masked(text: str) -> str:
    """The text with `***` for every password in it."""
    text = IN_ADDRESS.sub(lambda match: f"{match['scheme']}{match['user']}:{MASK}@", text)
    return IN_PARAMETER.sub(lambda match: f"{match['name']}{MASK}", text)
