"""Names that dlt, dbt, the warehouse or file systems do not accept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from platform_new.spec.base import AnySource, Content
from platform_new.spec.events.models import EventSource
from platform_new.spec.findings import Finding, Path
from platform_new.spec.models import Source, Spec, Table
from platform_new.spec.names import DLT, LANDING, LOADING, LONGEST_NAME, LONGEST_SOURCE, landing, model_name

KEYS = "__keys"
"""The suffix of the table with the keys that are in the source, for tables with soft deletes."""


def check_names(spec: Spec, in_lake: Sequence[Source]) -> Iterator[Finding]:
    """Every name that cannot be used; `in_lake` are the tables that streams write, source by source."""
    names = {source.name for source in spec.all_sources}
    for index, source in enumerate(spec.all_sources):
        found = [*_source(source, names), *CONTENT_RULES[source.carries](source)]
        yield from (Finding(each.path, each.reason, each.hint, each.value, index) for each in found)
    yield from _models((*spec.sources, *in_lake), len(spec.sources))


def _source(source: AnySource, names: set[str]) -> Iterator[Finding]:
    yield from _landed(source.name, ("name",), "source")
    if len(source.name) > LONGEST_SOURCE:
        reason = (
            f"the schema `{LANDING}…{LOADING}`, which rows are loaded through, would have a name of more than "
            f"{LONGEST_NAME} characters"
        )
        yield Finding(("name",), reason, f"choose a name of at most {LONGEST_SOURCE} characters", source.name)
    if source.name.endswith(LOADING) and (other := source.name.removesuffix(LOADING)) in names:
        reason = f"the source `{other}` uses the schema `{LANDING}{source.name}` while it loads"
        yield Finding(("name",), reason, "rename one of the two", source.name)


def _tables(source: Source) -> Iterator[Finding]:
    loaded = [(index, table) for index, table in enumerate(source.tables) if not table.exclude]
    keys = {f"{table.name}{KEYS}": table for _, table in loaded if table.load.deletes == "mark"}
    for index, table in loaded:
        path = ("tables", index)
        yield from _landed(table.name, (*path, "name"), "table", table.source_name)
        if marked := keys.get(table.name):
            reason = f"the keys of `{marked.name}`, which has soft deletes, are loaded into a table of this name"
            yield Finding((*path, "name"), reason, _another(f"{table.name}_", table.origin or table.name), table.name)
        for place, column in enumerate(table.columns):
            if column.name.startswith(DLT) and not column.exclude:
                yield from _landed(column.name, (*path, "columns", place, "name"), "column", column.source_name)


def _events(source: EventSource) -> Iterator[Finding]:
    for kind in ("topics", "streams"):
        for index, each in enumerate(getattr(source, kind)):
            yield from _landed(each.name, (kind, index, "name"), kind.removesuffix("s"), each.source_name)


CONTENT_RULES: Mapping[Content, Callable[[Any], Iterator[Finding]]] = {"tables": _tables, "events": _events}


def _landed(name: str, path: Path, what: str, origin: str = "") -> Iterator[Finding]:
    """Whether dlt and file systems accept the name."""
    if (better := landing(name)) == name:
        return
    reason = (
        f"dlt reserves names that begin with `{DLT}`"
        if name.startswith(DLT)
        else f"a {what} cannot have the name of a Windows device: dlt and file systems refuse it"
    )
    hint = _another(better, origin) if origin else f"rename it, for example to `{better}`"
    yield Finding(path, reason, hint, name)


def _another(name: str, origin: str) -> str:
    return f"rename it, for example `name: {name}`, and add its name in the source: `origin: {origin}`"


def _models(sources: Iterable[Source], tabular: int) -> Iterator[Finding]:
    """Staging models of two sources that would have the same name: `a` with `b__c`, and `a__b` with `c`."""
    made: dict[str, tuple[str, Table]] = {}
    for position, source in enumerate(sources):
        for index, table in enumerate(source.tables):
            model = model_name(source.name, table.name)
            first, other = made.setdefault(model, (source.name, table))
            if table.exclude or other.exclude or first == source.name:
                continue
            path = ("tables" if position < tabular else "streams", index, "name")
            reason = f"`{first}.{other.name}` already has the staging model `{model}`"
            yield Finding(path, reason, "rename one of the two", table.name, position)
