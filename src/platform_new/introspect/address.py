"""Addresses of sources: which engine they name, and how to speak of them without their password."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

from platform_new.errors import Problem, Refused

SCHEMES = {
    "postgresql": "postgres",
    "postgres": "postgres",
    "mysql": "mysql",
    "mariadb": "mysql",
    "sqlite": "sqlite",
    "duckdb": "duckdb",
}
FORMS = (
    "use postgresql://user:password@host/database, mysql://…, mariadb://…, sqlite:///path, duckdb:///path "
    "or the path of a folder of files, of one file (.csv, .tsv, .txt, .json, .xlsx, .parquet), of a file "
    "of sample events (.jsonl, .jsonl.gz), or of their schema "
    "(.schema.json, .avsc)"
)
EVENTS = "kafka"
EVENT_FILES = re.compile(r"\.(jsonl|ndjson)(\.gz|\.zst)?$|\.schema\.json$|\.avsc$", re.IGNORECASE)
DATA_FILES = re.compile(r"\.((csv|tsv|tab|psv|txt|json)(\.gz)?|xlsx|parquet)$", re.IGNORECASE)
SECRET_PARAMETERS = ("password", "passwd", "pwd", "sslpassword", "token", "secret", "motherduck_token")


@dataclass(frozen=True)
class Address:
    """An address that names an engine: its kind, the URL without a driver's name, and for files their path."""

    kind: str
    url: str
    path: Path | None = None

    def redacted(self, text: str) -> str:
        """The text without the password of this address, however it is spelt in it."""
        return redact(text, self.url)

    @property
    def shown(self) -> str:
        """The address as it may be shown."""
        return self.redacted(self.url)


def parse_address(address: str) -> Address:
    """Understand a database URL or a folder's path. Raises `Refused` for anything else."""
    match = re.match(r"^([A-Za-z][A-Za-z0-9]*)(\+[A-Za-z0-9_]+)?:", address)
    if not match or match[1].lower() == "file" or Path(address).exists():
        return _folder(address)
    kind = SCHEMES.get(match[1].lower())
    if kind is None or not address[match.end() :].startswith("//"):
        raise Refused(Problem("this kind of address is not known", FORMS, value=redact(address, address)))
    url = f"{match[1].lower()}:{address[match.end() :]}"
    if kind not in ("sqlite", "duckdb"):
        try:
            urlsplit(url).port  # noqa: B018 - an impossible port is noticed here
        except ValueError:
            raise Refused(Problem("the address cannot be read", FORMS, value=redact(url, url))) from None
        return Address(kind, url)
    path = url.partition("://")[2].partition("?")[0]
    if not path.startswith("/") or path == "/":
        raise Refused(Problem("the address names no file", f"write {kind}:///path, with three slashes", value=address))
    file = Path(unquote(path[1:]))
    if not file.is_file():
        raise Refused(Problem("there is no such file", "check the path in the address", value=str(file)))
    return Address(kind, url, file)


def _folder(address: str) -> Address:
    folder = Path(unquote(address.removeprefix("file://")) if address.startswith("file://") else address)
    if folder.is_file() and EVENT_FILES.search(folder.name):
        return Address(EVENTS, "", folder)
    if folder.is_file() and DATA_FILES.search(folder.name):
        return Address("files", "", folder)
    if folder.is_file():
        raise Refused(Problem("this is no kind of file that is read", FORMS, value=address))
    if not folder.is_dir():
        what = "file" if EVENT_FILES.search(folder.name) else "folder"
        raise Refused(Problem(f"there is no such {what}", FORMS, value=redact(address, address)))
    return Address("files", "", folder)


def redact(text: str, url: str) -> str:
    """The text with every spelling of the passwords in `url` replaced by `***`."""
    for secret in sorted(_spellings(url), key=len, reverse=True):
        text = text.replace(secret, "***")
    return re.sub(r"(://[^\s:/@]*):[^\s/@]+@", r"\1:***@", text)


def _spellings(url: str) -> set[str]:
    authority = re.split(r"[/?#]", url.partition("://")[2], maxsplit=1)[0]
    # A password with a raw `/`, `?` or `#` reaches beyond that: everything up to the last `@` counts.
    user_parts = {authority.rpartition("@")[0], url.partition("://")[2].rpartition("@")[0]}
    secrets = {part.partition(":")[2] for part in user_parts}
    query = url.partition("?")[2].partition("#")[0]
    secrets |= {value for name, value in parse_qsl(query) if name.lower() in SECRET_PARAMETERS}
    secrets |= {unquote(secret) for secret in secrets}
    secrets |= {spell(secret, safe="") for secret in secrets for spell in (quote, quote_plus)}
    return {secret for secret in secrets if secret}
