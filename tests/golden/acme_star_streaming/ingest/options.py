"""The options and the result of a load."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from shlex import quote
from typing import Any

from ingest.column_types import parse
from ingest.errors import IngestError, UsageError
from ingest.spec import Source, Table


@dataclass(frozen=True)
class Options:
    """What to load, and into which warehouse."""

    tables: tuple[str, ...] = ()
    start: str | None = None
    end: str | None = None
    full: bool = False
    accept_empty: bool = False
    sample_rows: int | None = None
    target: str = "local"

    def again(self, source: str, *tables: str, flags: str = "") -> str:
        """The command that repeats this load for these tables, with additional `flags`."""
        words = ["python -m ingest", source]
        words += ["--table", *tables] if tables else []
        if self.full and "--full" not in flags:
            words.append("--full")
        if self.start is not None and "--full" not in flags:
            words += ["--from", quote(self.start)]
            words += ["--to", quote(self.end)] if self.end is not None else []
        words += ["--sample-rows", str(self.sample_rows)] if self.sample_rows is not None else []
        words += [flags] if flags else []
        words += ["--target", self.target] if self.target != "local" else []
        return " ".join(words)


@dataclass
class Loaded:
    """The result of a load: rows read per table, changes at the source, and failures."""

    source: str
    mode: str
    rows: dict[str, int] = field(default_factory=dict)
    seconds: float = 0
    drift: list[str] = field(default_factory=list)
    rejects: dict[str, int] = field(default_factory=dict)
    replaced: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """The result as written to `data/last_load.json`."""
        return asdict(self)


def chosen_tables(source: Source, options: Options) -> list[Table]:
    """The tables to load. Raises `UsageError` if the options do not fit the tables."""
    known = {table.name: table for table in source.tables}
    unknown = [name for name in options.tables if name not in known]
    if unknown:
        raise UsageError(
            f"{source.name} has no table {', '.join(f'`{name}`' for name in unknown)}. "
            f"Its tables are: {', '.join(known)}."
        )
    tables = [known[name] for name in dict.fromkeys(options.tables)] or list(source.tables)
    if options.start is None:
        if options.end is not None:
            raise UsageError("--to needs --from: a window has a start.")
        return tables
    if options.full:
        raise UsageError("Use either --full or --from: a full load has no window.")
    # A window is a range of cursor values, so tables without a cursor have none.
    with_cursor = [table for table in tables if table.cursor]
    if without := [name for name in options.tables if not known[name].cursor]:
        raise UsageError(f"{', '.join(without)}: not incremental, so there is no window to load.")
    if not with_cursor:
        raise UsageError(f"{source.name} has no incremental table, so no window to load.")
    if not options.tables:
        # A time window does not apply to tables whose cursor is a number.
        fitting = [table for table in with_cursor if _is_value(options.start, table)]
        with_cursor = fitting or with_cursor
    for table in with_cursor:
        _check_window(table, options)
    return with_cursor


def _check_window(table: Table, options: Options) -> None:
    type_ = table.cursor.type if table.cursor else "text"
    try:
        start = parse(options.start or "", type_)
        end = parse(options.end, type_) if options.end is not None else None
    except IngestError as error:
        raise UsageError(f"{table.name}: {error}") from error
    if end is not None and not start < end:
        raise UsageError(
            f"The window is empty: --from {options.start} is not before --to {options.end}."
        )


def _is_value(text: str, table: Table) -> bool:
    try:
        parse(text, table.cursor.type if table.cursor else "text")
    except IngestError:
        return False
    return True
