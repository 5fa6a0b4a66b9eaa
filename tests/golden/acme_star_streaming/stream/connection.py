"""How brokers are reached: by both clients, that of Python and that of Spark, in the same way.

`<SOURCE>_URL` holds their addresses. Where they want TLS or a password, `<SOURCE>_KAFKA_PROPERTIES`
names a file with lines `key=value`; its keys are those of librdkafka that `KEYS` lists, and Java's
names for them follow from these. Files that it names are found from where it is.
"""

from __future__ import annotations

import os
from pathlib import Path

from stream.errors import StreamError
from stream.model import Topic
from stream.settings import ROOT

PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
LOGIN = "org.apache.kafka.common.security"
LOGINS = {
    "PLAIN": f"{LOGIN}.plain.PlainLoginModule",
    "SCRAM-SHA-256": f"{LOGIN}.scram.ScramLoginModule",
    "SCRAM-SHA-512": f"{LOGIN}.scram.ScramLoginModule",
}
FILES = {
    "ssl.ca.location": ("ssl.truststore", "certificates"),
    "ssl.certificate.location": ("ssl.keystore", "certificate.chain"),
    "ssl.key.location": ("ssl.keystore", "key"),
}
"""Files in PEM, and what Java calls their content: so Spark's executors need no copy of them."""
KEYS = ("security.protocol", "sasl.mechanism", "sasl.username", "sasl.password", *FILES)
TOGETHER = (
    ("sasl.mechanism", "sasl.username", "sasl.password"),
    ("ssl.certificate.location", "ssl.key.location"),
)


def servers(topic: Topic) -> str:
    """The addresses of the brokers. Raises `StreamError` where their variable is not set."""
    address = os.environ.get(topic.variable)
    if not address:
        raise StreamError(f"{topic.variable} is not set: it names the brokers, as host:port.")
    return address


def client_options(topic: Topic) -> dict[str, str]:
    """What a client of Python is made with.

    Raises `StreamError`, without any value, where the properties are not right.
    """
    return {"bootstrap.servers": servers(topic), **_properties(topic)}


def spark_options(topic: Topic) -> dict[str, str]:
    """What a reader of Spark is made with. Raises `StreamError` as `client_options` does."""
    options, given = {"bootstrap.servers": servers(topic)}, _properties(topic)
    for key in ("security.protocol", "sasl.mechanism"):
        if key in given:
            options[key] = given[key]
    if mechanism := given.get("sasl.mechanism"):
        user, password = (_quoted(given[f"sasl.{name}"]) for name in ("username", "password"))
        options["sasl.jaas.config"] = (
            f"{LOGINS[mechanism]} required username={user} password={password};"
        )
    for key, (store, content) in FILES.items():
        if key in given:
            options[f"{store}.type"] = "PEM"
            options[f"{store}.{content}"] = Path(given[key]).read_text(encoding="utf-8")
    return {f"kafka.{key}": value for key, value in options.items()}


def _properties(topic: Topic) -> dict[str, str]:
    """The properties of the file that the variable names, or none."""
    variable = f"{topic.source.upper()}_KAFKA_PROPERTIES"
    named = os.environ.get(variable)
    if not named:
        return {}
    path = ROOT / named
    lines = _text(path, variable).splitlines()
    given = {}
    for number, line in enumerate(map(str.strip, lines), 1):
        if not line or line.startswith("#"):
            continue
        key, equals, value = (part.strip() for part in line.partition("="))
        if not equals or key not in KEYS:
            known = ", ".join(KEYS)
            raise StreamError(f"{path}, line {number} is not one of these with its value: {known}.")
        if key in FILES:
            value = str(path.parent / value)
            _text(Path(value), f"{path}, line {number}")
        given[key] = value
    _check(given, path)
    return given


def _check(given: dict[str, str], path: Path) -> None:
    protocol = given.get("security.protocol", "PLAINTEXT")
    if protocol not in PROTOCOLS:
        raise StreamError(f"{path}: security.protocol is none of {', '.join(PROTOCOLS)}.")
    if given.get("sasl.mechanism", "PLAIN") not in LOGINS:
        raise StreamError(f"{path}: sasl.mechanism is none of {', '.join(LOGINS)}.")
    for keys in TOGETHER:
        missing = [key for key in keys if key not in given]
        if missing and len(missing) < len(keys):
            raise StreamError(f"{path}: {missing[0]} is missing, which goes with the others.")
    for kind, about in (("SASL", "sasl."), ("SSL", "ssl.")):
        if any(key.startswith(about) for key in given) and kind not in protocol:
            raise StreamError(f"{path}: with {about}* the security.protocol is one with {kind}.")
    if "SASL" in protocol and "sasl.mechanism" not in given:
        raise StreamError(f"{path}: {protocol} needs {', '.join(TOGETHER[0])}.")


def _text(path: Path, named_by: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise StreamError(f"{named_by} names {path}, which cannot be read: {reason}.") from None


def _quoted(value: str) -> str:
    """As a value in Java's settings of logins."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
