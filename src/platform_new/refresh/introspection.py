"""Introspect a source with tables again: find its address, its current state, and its state at the last time."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

from platform_new.catalog import Catalog
from platform_new.errors import Problem, Refused
from platform_new.introspect import Introspection, introspect
from platform_new.introspect.address import redact
from platform_new.introspect.known_names import with_names_of
from platform_new.refresh.memory import remembered
from platform_new.spec.models import Source, Spec, Table
from platform_new.spec.rules import check


def address_of(source: Source, folder: Path, environment: Mapping[str, str]) -> str:
    """The address in a source's variable, from the environment or the repository's `.env`.

    Raises `Refused` if neither sets the variable.
    """
    address = environment.get(source.variable) or _env_file(folder).get(source.variable)
    if not address:
        hint = f"set it to the address, or pass the address: `platform-new refresh {source.name} --from ADDRESS`"
        file = f"sources/{source.name}.yml"
        raise Refused(Problem("the source's variable is not set", hint, file, value=source.variable))
    return address


def introspect_again(known: Source, address: str, folder: Path, progress: Callable[[str], None]) -> Introspection:
    """Introspect the current source. Relative paths start at the folder.

    Views are introspected only if the spec has one. Raises `Refused`, without the password, if the source cannot be
    used, or if its kind differs from the spec.
    """
    named = {table.schema_ for table in known.tables}
    schemas = sorted(filter(None, named)) if None not in named else []
    with _working_in(folder):
        if known.kind != "files" and "://" not in address and Path(address).expanduser().is_file():
            address = f"{known.kind}:///{quote(str(Path(address).expanduser().absolute()))}"
        try:
            introspection = introspect(address, name=known.name, schemas=schemas, known=known, progress=progress)
            if _missing(known, introspection.source):
                with_views = introspect(
                    address, name=known.name, schemas=schemas, views=True, known=known, progress=progress
                )
                introspection = _only_known_views(known, introspection, with_views)
        except Refused as refusal:
            raise Refused([_without_password(problem, address) for problem in refusal.problems]) from None
    if introspection.source.kind != known.kind:
        reason = f"the address is a source of kind {introspection.source.kind}, but the spec says {known.kind}"
        raise Refused(Problem(reason, "check the address", f"sources/{known.name}.yml"))
    return introspection


def last_introspection(source: Source, folder: Path, catalog: Catalog) -> Introspection | None:
    """The source as it was at the last introspection; None if unknown or invalid.

    Until changes are applied for the first time, this is the source file as it was first committed.
    """
    for last in remembered(source, folder):
        if not check(Spec.model_construct(platform=None, sources=(last,)), catalog):
            return Introspection(last)
    return None


def with_undeclared_keys_marked(known: Source, last: Introspection | None) -> Source:
    """The source in the spec, with the keys marked as inferred that were inferred at the last introspection.

    An owner who takes over an inferred key deletes its mark, but the source declares it no more than before.
    """
    if last is None:
        return known
    seen = {table.name: table for table in with_names_of(known, last).source.tables}
    tables = (_marked(table, seen[table.name]) if table.name in seen else table for table in known.tables)
    return known.model_copy(update={"tables": tuple(tables)})


def _marked(table: Table, seen: Table) -> Table:
    inferred = {column.name for column in seen.columns if column.inferred}
    wholes = {each.columns for each in seen.references if each.inferred}
    columns = (
        column.model_copy(update={"inferred": True}) if column.references and column.name in inferred else column
        for column in table.columns
    )
    references = (
        each.model_copy(update={"inferred": True}) if each.columns in wholes else each for each in table.references
    )
    return table.model_copy(
        update={
            "columns": tuple(columns),
            "references": tuple(references),
            "key_inferred": table.key_inferred or (seen.key_inferred and bool(table.key)),
        }
    )


@contextlib.contextmanager
def _working_in(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def _env_file(folder: Path) -> dict[str, str]:
    """The variables of `.env`, parsed as the repository's ingestion does."""
    file = folder / ".env"
    if not file.is_file():
        return {}
    found: dict[str, str] = {}
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        name, separator, value = line.strip().removeprefix("export ").partition("=")
        if separator and not name.startswith("#"):
            found.setdefault(name.strip(), value.strip().strip("'\""))
    return found


def _missing(known: Source, seen: Source) -> bool:
    found = {table.source_name for table in seen.tables} | {table.origin or table.name for table in seen.tables}
    return any(not table.exclude and table.source_name not in found for table in known.tables)


def _only_known_views(known: Source, tables: Introspection, all_: Introspection) -> Introspection:
    """The source with views, without those that are neither in the spec nor among the tables."""
    wanted = {table.source_name for table in (*known.tables, *tables.source.tables)}
    wanted |= {table.origin or table.name for table in known.tables if table.schema_ is None}
    kept = tuple(table for table in all_.source.tables if {table.source_name, table.origin or table.name} & wanted)
    names = {table.name for table in kept}
    reasons = {path: reason for path, reason in all_.reasons.items() if path[1:] and path[1] in names}
    return Introspection(all_.source.model_copy(update={"tables": kept}), reasons)


def _without_password(problem: Problem, address: str) -> Problem:
    shown = (redact(text, address) for text in (problem.reason, problem.hint, problem.file))
    return Problem(*shown, problem.line, redact(problem.value, address))
