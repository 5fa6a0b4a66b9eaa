"""Writes the rows of marts as JSON lines. This program runs in a generated repository, in its own environment.

    python export.py TARGET FOLDER MART...

Each file has the names of the columns in its first line, in order, and then a line for each row. Equal values are equal
texts, whatever their types are.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any


def main(target: str, folder: str, *marts: str) -> None:
    """Write a file for each mart."""
    from ingest.warehouse import open_client, working_folder

    with working_folder(target, "certify") as work, open_client(target, work) as client:
        for mart in marts:
            with client.execute_query(f"select * from marts.{mart}") as cursor:
                names = [column[0].lower() for column in cursor.native_cursor.description]
                order = sorted(range(len(names)), key=names.__getitem__)
                rows = [[names[at] for at in order]]
                rows += [[written(row[at]) for at in order] for row in cursor.fetchall()]
            lines = "".join(f"{json.dumps(row)}\n" for row in rows)
            (Path(folder) / f"{mart}.jsonl").write_text(lines, encoding="utf-8")


def written(value: Any) -> str | None:
    """A value as text: 5, 5.0 and 5.00 are one value, and so are a time in UTC with and without its zone."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float | Decimal):
        number = Decimal(str(value))
        return format(number.normalize(), "f") if number.is_finite() else str(number)
    if isinstance(value, datetime) and value.tzinfo:
        value = value.astimezone(timezone.utc).replace(tzinfo=None)
    return bytes(value).hex() if isinstance(value, bytes | bytearray) else str(value)


if __name__ == "__main__":
    main(*sys.argv[1:])
