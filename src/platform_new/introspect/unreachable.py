"""Explains the errors of servers that cannot be reached or used, with hints."""

from __future__ import annotations

import re

from platform_new.errors import Problem
from platform_new.introspect.address import Address

ENTER = "check the user and password in the address"
ANSWERS: tuple[tuple[str, str, str], ...] = (
    (
        r"could not translate|resolve host|name or service|nodename nor|name resolution|getaddrinfo|no address assoc",
        "unknown host",
        "check its spelling in the address, and that this machine can resolve it",
    ),
    (
        r"connection refused|errno 111",
        "the server cannot be reached: nothing listens on this port",
        "check the host and port, and that the server is running and accepts remote connections",
    ),
    (
        r"timeout|timed out|no route|unreachable",
        "the server cannot be reached within 10 seconds",
        "check the host and port, and whether a firewall or a VPN blocks the connection",
    ),
    (
        r"\b(ssl|tls|certificate)\b",
        "the encrypted connection to the server failed",
        "check the server's TLS requirements; for PostgreSQL, add for example `?sslmode=require` to the address",
    ),
    (
        r"pg_hba|is not allowed to connect|host .* is blocked",
        "the server does not allow this user to connect from this machine",
        "ask its administrator to allow it, or check the user and database in the address",
    ),
    (r"no password supplied", "the server requires a password for this user", "add it: user:password@host"),
    (
        r"password|authentication|access denied for user '[^']*'@'[^']*' \(|role .* exist|peer",
        "the server rejects this user or password",
        ENTER,
    ),
    (r"access denied", "the server denies this user access to the database", "ask for the permission to read it"),
    (
        r"database .* does not exist|unknown database",
        "the server has no such database",
        "check the database's name at the end of the address",
    ),
    (r"too many|remaining connection slots", "the server has no free connections", "try again later"),
    (r"starting up|shutting down|recovery", "the server is starting or stopping", "try again in a moment"),
    (
        r"parameter|connection option|unsupported",
        "the driver does not know a parameter of the address, or its value",
        "remove it, or check its spelling",
    ),
)
"""Patterns of a driver's message with the reason and hint to show; the first match counts."""


def unreachable(address: Address, message: str) -> Problem:
    """The problem with an address whose driver failed with this message, which is shown without a password."""
    lower = message.lower()
    reason, hint = next(
        ((reason, hint) for pattern, reason, hint in ANSWERS if re.search(pattern, lower)),
        ("the server cannot be used", "check the address, and that the server is running"),
    )
    said = address.redacted(" ".join(message.split()))
    return Problem(f"{reason} ({address.host}): {said}", hint, value=address.shown)
