"""Maps the files of a folder to tables, and names the files that are skipped."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from platform_new.introspect.engines.text_files import module
from platform_new.introspect.engines.text_layout import NotATable, detect

KINDS = {
    **dict.fromkeys((".csv", ".tsv", ".tab", ".txt", ".psv"), "csv"),
    **dict.fromkeys((".json", ".jsonl", ".ndjson"), "json"),
    ".parquet": "parquet",
    ".xlsx": "xlsx",
}
NAMED = 5
"""How many of the files that are skipped for the same reason are named."""
PLURALS = {"is": "are", "has": "have"}


@dataclass(frozen=True)
class Dataset:
    """The files of one table: its name, the path or pattern relative to the folder, and the sheet of workbooks."""

    name: str
    origin: str
    kind: str
    paths: tuple[Path, ...]
    sheet: str = ""

    @property
    def size(self) -> int:
        """The total size of the files in bytes."""
        return sum(path.stat().st_size for path in self.paths)


def is_data_file(path: Path) -> bool:
    """Whether the file's name has a supported suffix."""
    return bool(_suffix(path))


def datasets_in(folder: Path, only: Path | None = None) -> tuple[list[Dataset], list[str]]:
    """The tables in a folder, or in a single file of it, and a sentence about each reason to skip files."""
    left_out: dict[str, list[str]] = defaultdict(list)
    found: list[Dataset] = []
    for path in [only] if only else sorted(folder.iterdir()):
        if path.is_dir() and not path.name.startswith((".", "_")):
            usable = [each for each in sorted(path.rglob("*")) if _is_usable(each, folder, left_out)]
            found += _parts(path, folder, usable, left_out)
        elif path.is_dir():
            left_out["is hidden"].append(path.name)
        elif _is_usable(path, folder, left_out):
            found += _single(path, folder, "", left_out)
    return found, [_sentence(reason, names) for reason, names in left_out.items()]


def _sentence(reason: str, names: list[str]) -> str:
    if len(names) == 1:
        return f"{names[0]} {reason}"
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return f"{', '.join(names[:NAMED])}{more} {_plural(reason)}"


def _plural(reason: str) -> str:
    if reason.startswith("is an "):
        return f"are {reason.removeprefix('is an ')}s"
    verb, _, rest = reason.partition(" ")
    return f"{PLURALS.get(verb, verb)} {rest}"


def _is_usable(path: Path, folder: Path, left_out: dict[str, list[str]]) -> bool:
    if not path.is_file():
        return False
    relative = path.relative_to(folder)
    name = relative.as_posix()
    if path.name.startswith("~$"):
        left_out["is an Office lock file"].append(name)
    elif any(part.startswith((".", "_")) for part in relative.parts):
        left_out["is hidden"].append(name)
    elif path.suffix.lower() == ".zst" and _kind(path.with_suffix("")):
        left_out["has an unsupported compression: use gzip"].append(name)
    elif not _suffix(path):
        supported = ".csv, .tsv, .txt, .json, .jsonl, .xlsx, .parquet, .gz"
        left_out[f"has an unsupported type (supported: {supported})"].append(name)
    elif not path.stat().st_size:
        left_out["is empty"].append(name)
    else:
        return True
    return False


def _kind(path: Path) -> str:
    return KINDS.get(path.suffix.lower(), "")


def _suffix(path: Path) -> str:
    """The suffix, such as `.csv.gz`; empty for an unsupported file."""
    if path.suffix.lower() == ".gz" and _kind(path.with_suffix("")) in ("csv", "json"):
        return "".join(path.suffixes[-2:])
    return path.suffix if _kind(path) else ""


def _kind_of(suffix: str) -> str:
    return KINDS[f".{suffix.lower().split('.')[1]}"]


def _single(path: Path, folder: Path, prefix: str, left_out: dict[str, list[str]]) -> Iterator[Dataset]:
    suffix = _suffix(path)
    name, origin = prefix + path.name.removesuffix(suffix), _pattern(path.relative_to(folder).as_posix())
    if _kind_of(suffix) != "xlsx":
        yield Dataset(name, origin, _kind_of(suffix), (path,))
        return
    try:
        sheets = module("delimited").sheet_names(path)
    except module("records").UnreadableFile as error:
        left_out[f"cannot be read: {error}"].append(path.relative_to(folder).as_posix())
        return
    for sheet in sheets:
        yield Dataset(name if len(sheets) == 1 else f"{name}_{sheet}", f"{origin}#{sheet}", "xlsx", (path,), sheet)


def _pattern(path: str) -> str:
    """The path as a pattern: a wildcard replaces each character with a meaning in patterns."""
    return re.sub(r"[][*?]", "?", path)


def _parts(below: Path, folder: Path, paths: Iterable[Path], left_out: dict[str, list[str]]) -> Iterator[Dataset]:
    """The files of a subfolder: parts of one table if they share most columns, otherwise separate tables."""
    by_suffix: dict[str, list[Path]] = defaultdict(list)
    for path in paths:
        by_suffix[_suffix(path)].append(path)
    for suffix, files in by_suffix.items():
        kind = _kind_of(suffix)
        if kind != "xlsx" and (len(files) == 1 or _share_columns(files, kind)):
            nested = any(path.parent != below for path in files)
            pattern = f"{_pattern(below.name)}/{'**/' if nested else ''}*{suffix}"
            yield Dataset(below.name, pattern, kind, tuple(files))
        else:
            for path in files:
                prefix = "_".join(path.relative_to(folder).parts[:-1])
                yield from _single(path, folder, f"{prefix}_", left_out)


def _share_columns(paths: list[Path], kind: str) -> bool:
    """Whether the file with the most columns has most columns of each other file."""
    seen = [names for path in paths if (names := _columns(path, kind, paths[-1]))]
    largest = max(seen, key=len, default=frozenset())
    return all(len(names & largest) * 2 > len(names) for names in seen)


def _columns(path: Path, kind: str, like: Path) -> frozenset[str]:
    import duckdb

    try:
        if kind == "parquet":
            scan = f"describe from read_parquet({module('values').literal(str(path))})"
            return frozenset(name for name, *_ in duckdb.execute(scan).fetchall())
        if kind == "json":
            return frozenset(module("json_objects").json_columns(path))
        return frozenset(module("delimited").delimited_records(path, detect(path).layout()).names)
    except (OSError, EOFError, duckdb.Error, NotATable, module("records").UnreadableFile):
        return frozenset()
