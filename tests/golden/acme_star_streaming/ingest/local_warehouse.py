"""Keeps data of different origin apart: each origin has a local warehouse of its own.

Snapshots and incremental models remember what they saw. Were sample data loaded over real data, or
those of another database, what is remembered would be a mixture. So the local warehouse of the
other origin is put aside, and taken back when its turn comes again.
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
    """Where the rows of a source come from, without any secret; sample data go with their spec."""
    if source.url and sample_rows is None:
        address = read_address(source.url, source.variable)
        host = address.netloc.rpartition("@")[2]
        return f"real {address.scheme}://{host}{address.path}"
    rows = sample_rows or os.environ.get("SAMPLE_ROWS")
    return f"sample {_digest(repr((source, rows)))}"


def use_for(sources: Iterable[Source], sample_rows: int | None) -> str:
    """Bring the local warehouse of these origins into place; say so if another was there."""
    sources = list(sources)
    # By their variables, which stay when sources are renamed; older records have names.
    now = {source.variable: origin(source, sample_rows) for source in sources}
    before = _read_record() or now
    known = {each.variable: before.get(each.name, now[each.variable]) for each in sources} | before
    DATA.mkdir(exist_ok=True)
    message = ""
    if any(now[variable] != known[variable] for variable in now):
        if any(one.startswith("real") for one in before.values()):
            _move(LOCAL_WAREHOUSE, _aside(before))
            name = _aside(before).name
            message = f"The data are from elsewhere now; the warehouse of before is {name}."
        else:
            _remove(LOCAL_WAREHOUSE)
            message = "The data are from elsewhere now; the warehouse of sample data is made anew."
    # In this order a run that is killed here is finished by the next one.
    RECORD.write_text(json.dumps(now, indent=2) + "\n", encoding="utf-8")
    if not LOCAL_WAREHOUSE.exists():
        _move(_aside(now), LOCAL_WAREHOUSE)
    return message


def _read_record() -> dict[str, str]:
    """Where the rows of the local warehouse come from; nothing, if the record was damaged."""
    try:
        record = json.loads(RECORD.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _aside(origins: dict[str, str]) -> Path:
    return DATA / f"local.{_digest(json.dumps(origins, sort_keys=True))}.duckdb"


def _move(path: Path, to: Path) -> None:
    # DuckDB keeps what a killed process had written beside the file, and reads it from there.
    for ending in ("", ".wal"):
        if (part := Path(f"{path}{ending}")).exists():
            part.replace(f"{to}{ending}")


def _remove(path: Path) -> None:
    for ending in ("", ".wal"):
        Path(f"{path}{ending}").unlink(missing_ok=True)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
