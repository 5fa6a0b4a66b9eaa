"""What a server that cannot be used says, in words that tell what to do."""

from __future__ import annotations

import re

from platform_new.errors import Problem
from platform_new.introspect.address import Address

ENTER = "check user and password in the address"
ANSWERS: tuple[tuple[str, str, str], ...] = (
    (
        r"could not translate|resolve host|name or service|nodename nor|name resolution|getaddrinfo|no address assoc",
        "the host is not known",
        "check its spelling in the address, and that this machine can look it up",
    ),
    (
        r"connection refused|errno 111",
        "the server cannot be reached: nothing answers at this port",
        "check host and port, and that the server runs and listens for other machines",
    ),
    (
        r"timeout|timed out|no route|unreachable",
        "the server cannot be reached within 10 seconds",
        "check host and port, and whether a firewall or a VPN is between this machine and the server",
    ),
    (
        r"\b(ssl|tls|certificate)\b",
        "the server and this machine do not agree on an encrypted connection",
        "see what it demands; for PostgreSQL add for example `?sslmode=require` to the address",
    ),
    (
        r"pg_hba|is not allowed to connect|host .* is blocked",
        "the server does not let this user in from this machine",
        "ask its administrator to allow it, or check user and database in the address",
    ),
    (r"no password supplied", "the server does not let this user in without a password", "add it: user:password@host"),
    (
        r"password|authentication|access denied for user '[^']*'@'[^']*' \(|role .* exist|peer",
        "the server does not let this user in",
        ENTER,
    ),
    (r"access denied", "the server does not let this user into the database", "ask for the right to read it"),
    (
        r"database .* does not exist|unknown database",
        "the server has no such database",
        "check the database's name at the end of the address",
    ),
    (r"too many|remaining connection slots", "the server has no connection left", "try again later"),
    (r"starting up|shutting down|recovery", "the server is starting or stopping", "try again in a moment"),
    (
        r"parameter|connection option|unsupported",
        "the address has a parameter, or a value of one, that the driver does not know",
        "remove it, or check its spelling",
    ),
)
"""What is looked for in the driver's message, and what it comes to; the first that fits counts."""


def unreachable(address: Address, message: str) -> Problem:
    """The problem with an address whose server answered with this message, which it shows without a password."""
    lower = message.lower()
    reason, hint = next(
        ((reason, hint) for pattern, reason, hint in ANSWERS if re.search(pattern, lower)),
        ("the server cannot be used", "check the address, and that the server runs"),
    )
    said = address.redacted(" ".join(message.split()))
    return Problem(f"{reason} ({address.host}): {said}", hint, value=address.shown)
