"""Keeps data of different origins apart: each origin has its own local warehouse.

Snapshots and incremental models keep earlier rows. Loading sample data over real data, or data of
another database, would mix the two. So the local warehouse of the previous origin is set aside,
and restored when the origin is loaded again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path

from ingest.addresses import read_address
from ingest.settings import DATA, LOCAL_WAREHOUSE
from ingest.spec import Source

RECORD = DATA / "local.origin.json"


def origin(source: Source, sample_rows: int | None) -> str:
    """Where the rows of a source come from, without secrets; sample data depends on the spec."""
    if source.url and sample_rows is None:
        address = read_address(source.url, source.variable)
        host = address.netloc.rpartition("@")[2]
        return f"real {address.scheme}://{host}{address.path}"
    rows = sample_rows or os.environ.get("SAMPLE_ROWS")
    return f"sample {_digest(repr((source, rows)))}"


def use_for(sources: Iterable[Source], sample_rows: int | None) -> str:
    """Switch to the local warehouse of these origins; returns a message if it was another one."""
    sources = list(sources)
    # By variable, which stays the same when a source is renamed; older records have names.
    now = {source.variable: origin(source, sample_rows) for source in sources}
    before = _read_record() or now
    known = {each.variable: before.get(each.name, now[each.variable]) for each in sources} | before
    DATA.mkdir(exist_ok=True)
    message = ""
    if any(now[variable] != known[variable] for variable in now):
        if any(value.startswith("real") for value in before.values()):
            _move(LOCAL_WAREHOUSE, _aside(before))
            name = _aside(before).name
            message = f"The source has changed; the previous local warehouse is kept as {name}."
        else:
            _remove(LOCAL_WAREHOUSE)
            message = "The source has changed; the local warehouse of sample data is recreated."
    # In this order, the next run completes a run that is killed here.
    RECORD.write_text(json.dumps(now, indent=2) + "\n", encoding="utf-8")
    if not LOCAL_WAREHOUSE.exists():
        _move(_aside(now), LOCAL_WAREHOUSE)
    return message


def _read_record() -> dict[str, str]:
    """Where the rows of the local warehouse come from; empty if the record is damaged."""
    try:
        record = json.loads(RECORD.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _aside(origins: dict[str, str]) -> Path:
    return DATA / f"local.{_digest(json.dumps(origins, sort_keys=True))}.duckdb"


def _move(path: Path, to: Path) -> None:
    # After a killed process, the newest writes are in the WAL file.
    for ending in ("", ".wal"):
        if (part := Path(f"{path}{ending}")).exists():
            part.replace(f"{to}{ending}")


def _remove(path: Path) -> None:
    for ending in ("", ".wal"):
        Path(f"{path}{ending}").unlink(missing_ok=True)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
