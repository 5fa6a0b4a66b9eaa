"""Addresses of sources: which engine they name, whether a driver would parse them correctly, and how to show them.

An address that a driver would misread is refused first, since the driver's message would quote part of the password.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, quote_plus, unquote

from platform_new.documents.secrets import MASK, masked
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
    "or the path of a folder of files, a single file (.csv, .tsv, .txt, .json, .xlsx, .parquet), a file "
    "of sample events (.jsonl, .jsonl.gz), or their schema (.schema.json, .avsc)"
)
EVENTS = "kafka"
EVENT_FILES = re.compile(r"\.(jsonl|ndjson)(\.gz|\.zst)?$|\.schema\.json$|\.avsc$", re.IGNORECASE)
DATA_FILES = re.compile(r"\.((csv|tsv|tab|psv|txt|json)(\.gz)?|xlsx|parquet)$", re.IGNORECASE)
SECRET_PARAMETERS = re.compile(
    r"(?:^|[?&\s])(?:password|passwd|pwd|sslpassword|token|secret|\w*_token)=([^&]*)", re.IGNORECASE
)
MISREAD = re.compile(r"%(?![0-9A-Fa-f]{2})|[\s\x00-\x1f\x7f/?#@\[\]\\]")
HOST = r"(?:\[[0-9A-Fa-f:.%]*\]|[^\s/?#@\[\]:,]*)(?::(\d*))?"
PLACE = re.compile(rf"{HOST}(?:,{HOST})*(?P<path>/[^\s?#@]*)?(?:\?(?P<query>[^\s#@]*))?")
PARAMETERS = re.compile(r"(?:\w+=[^&]*(?:&|\Z))*")
LAST_PORT = 65535
WORD, LONG = 4, 8
"""The lengths from which a password is masked where it is a separate word, and anywhere."""


def expanded(address: str) -> str:
    """The address with the home folder for `~`, which a shell expands only at the beginning of a word."""
    return str(Path(address).expanduser()) if address.startswith("~") else address


@dataclass(frozen=True)
class Address:
    """An address that names an engine: its kind, the URL without a driver name, and for files the path."""

    kind: str
    url: str
    path: Path | None = None

    def redacted(self, text: str) -> str:
        """The text without the password of this address, in any spelling."""
        return redact(text, self.url)

    @property
    def host(self) -> str:
        """The host and port, as written in the address."""
        return re.split(r"[/?]", self.url.partition("://")[2], maxsplit=1)[0].rpartition("@")[2]

    @property
    def shown(self) -> str:
        """The address without its password."""
        scheme, _, rest = self.url.partition("://")
        authority = re.split(r"[/?]", rest, maxsplit=1)[0]
        user, at, host = authority.rpartition("@")
        name, colon, _ = user.partition(":")
        said = SECRET_PARAMETERS.sub(
            lambda match: match[0][: match.start(1) - match.start()] + MASK, rest[len(authority) :]
        )
        return f"{scheme}://{name}{colon and f':{MASK}'}{at}{host}{said}"


def parse_address(address: str) -> Address:
    """Parse a database URL or the path of a folder. Raises `Refused`, without a password, for anything else."""
    match = re.match(r"^([A-Za-z][A-Za-z0-9]*)(\+[A-Za-z0-9_]+)?:", address)
    if not match or match[1].lower() == "file" or Path(address).exists():
        return _folder(address)
    kind = SCHEMES.get(match[1].lower())
    if kind is None or not address[match.end() :].startswith("//"):
        raise Refused(Problem("unknown kind of address", FORMS, value=_shown(address)))
    url = f"{match[1].lower()}:{address[match.end() :]}"
    if kind not in ("sqlite", "duckdb"):
        _refuse_misread(url)
        return Address(kind, url)
    path = url.partition("://")[2].partition("?")[0]
    if not path.startswith("/") or path == "/":
        hint = f"write {kind}:///path, with three slashes"
        raise Refused(Problem("the address names no file", hint, value=_shown(url)))
    file = Path(unquote(path[1:]))
    if not file.is_file():
        raise Refused(Problem("there is no such file", "check the path in the address", value=str(file)))
    return Address(kind, url, file)


def _refuse_misread(url: str) -> None:
    """Refuse a URL that a driver would parse differently than intended."""
    scheme, _, rest = url.partition("://")
    user, at, place = rest.rpartition("@")
    said = _shown(url)
    wrong = [*MISREAD.findall(user), *(letter for letter in rest if letter.isspace() or _is_misread(letter))]
    if "#" in place:
        wrong.append("#")
    if at and not re.search("[@/?#]", rest.partition("@")[0]) and "@" in place:
        wrong.append("@")
    if wrong or re.search(r"%(?![0-9A-Fa-f]{2})", place):
        letters = sorted({*wrong, *(["%"] if "%" in wrong or not wrong else [])})
        spelt = ", ".join(f"{_name(letter)} as `{quote(letter, safe='')}`" for letter in letters)
        reason = "the address cannot be parsed: it has characters that are not percent-encoded"
        hint = f"in the user, the password and parameters, write {spelt}"
        raise Refused(Problem(reason, hint, value=said))
    parts = PLACE.fullmatch(place)
    ports = re.findall(r":(\d+)(?=[,/?]|\Z)", re.split(r"[/?]", place, maxsplit=1)[0])
    if parts is None or any(int(port) > LAST_PORT for port in ports):
        hint = f"write {scheme}://user:password@host:port/database, with a port from 1 to {LAST_PORT} or none"
        raise Refused(Problem("the address cannot be parsed: the host or the port is invalid", hint, value=said))
    if not PARAMETERS.fullmatch(parts["query"] or ""):
        hint = "write each parameter as `name=value`, with `&` between them, and `&` in a value as `%26`"
        reason = "the address cannot be parsed: its parameters are not `name=value` pairs"
        raise Refused(Problem(reason, hint, value=said))


def _is_misread(letter: str) -> bool:
    """Whether a letter normalizes to a delimiter of a URL, such as a full-width slash."""
    return not letter.isascii() and bool(set("/?#@:") & set(unicodedata.normalize("NFKC", letter)))


def _name(letter: str) -> str:
    return {" ": "a space", "\t": "a tab", "\n": "a line end"}.get(letter, f"`{letter}`")


def _folder(address: str) -> Address:
    folder = Path(unquote(address.removeprefix("file://")) if address.startswith("file://") else address)
    if folder.is_file() and EVENT_FILES.search(folder.name):
        return Address(EVENTS, "", folder)
    if folder.is_file() and DATA_FILES.search(folder.name):
        return Address("files", "", folder)
    if folder.is_file():
        raise Refused(Problem("files of this type cannot be read", FORMS, value=address))
    if not folder.is_dir():
        what = "file" if EVENT_FILES.search(folder.name) else "folder"
        raise Refused(Problem(f"there is no such {what}", FORMS, value=_shown(address)))
    return Address("files", "", folder)


def _shown(address: str) -> str:
    """An invalid address without anything that could be part of a password."""
    named = re.search(r"password|passwd|pwd|token|secret", address, re.IGNORECASE)
    if not passwords(address) and not named:
        return address
    scheme = re.match(r"\w[\w+.-]*:/+", address)
    user, _, place = (address[scheme.end() :] if scheme else address).rpartition("@")
    if scheme and user and not named and not MISREAD.search(user):
        # Only an `@` ends the password, so the host follows it.
        return f"{scheme[0]}{user.partition(':')[0]}:{MASK}@{place}"
    return f"{scheme[0] if scheme else ''}{MASK}"


def redact(text: str, *urls: str) -> str:
    """The text with every spelling of the passwords in the URLs replaced by `***`.

    A short password is only masked where a driver quotes a value: inside other words, it reveals nothing.
    """
    for secret in sorted({secret for url in urls for secret in passwords(url)}, key=len, reverse=True):
        spelt = re.escape(secret)
        if len(secret) < WORD:
            spelt = rf"(?<=[\"'`:=]){spelt}(?=[\"'`@&])"
        elif len(secret) < LONG:
            spelt = rf"(?<!\w){spelt}(?!\w)"
        text = re.sub(spelt, MASK, text)
    return masked(text)


def passwords(url: str) -> set[str]:
    """Every spelling of every possible password in an address, which may be invalid."""
    rest = url.partition("://")[2] or url
    at = [position for position, letter in enumerate(rest) if letter == "@"]
    secrets = {rest[:position].partition(":")[2] for position in at}
    if "://" not in url:
        secrets |= {rest[:position].rpartition(":")[2] for position in at}
    elif not at and not re.fullmatch(r"(?:\[[^\]]*\]|[^:/?]*)(?::\d+)?(?:[/?].*)?", rest, re.DOTALL):
        secrets.add(rest.partition(":")[2])
    secrets |= set(SECRET_PARAMETERS.findall(rest))
    secrets |= {unquote(secret) for secret in secrets}
    secrets |= {spell(secret, safe="") for secret in secrets for spell in (quote, quote_plus)}
    return {secret for secret in secrets if secret}
