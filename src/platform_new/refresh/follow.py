"""The spec after changes of its source: facts come from the source, owners' decisions stay. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from platform_new.catalog import Catalog
from platform_new.refresh.compare import Change, link_name, unique_sets
from platform_new.spec.models import Column, Source, Spec, Table
from platform_new.spec.rules import Finding, check

OPTIONAL = frozenset(
    {
        "load",
        "event_time",
        "weights_of",
        "line_of",
        "history",
        "key",
        "unique",
        "references",
        "fold",
        "values",
        "min",
        "max",
        "measure",
        "unit",
        "unit_column",
        "measures",
    }
)
"""Optional keys of the spec: they are dropped when a change makes them invalid."""


@dataclass(frozen=True)
class Dropped:
    """A key that a change made invalid and that was dropped: its place, such as `orders.load.cursor`, and why."""

    place: str
    because: str


@dataclass(frozen=True)
class FollowedSource:
    """A source after changes, and what was dropped."""

    source: Source
    dropped: tuple[Dropped, ...]


def follow(known: Source, seen: Source, changes: Iterable[Change], catalog: Catalog) -> FollowedSource:
    """The source of the spec with these changes from the introspected source, both with the names of the spec."""
    by_table: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        by_table[change.table].append(change)
    removed = {name for name, of_table in by_table.items() if any(each.kind == "table removed" for each in of_table)}
    new = [name for name, of_table in by_table.items() if any(each.is_new_table for each in of_table)]
    tables = [
        _followed(table, seen.table(table.name), by_table[table.name]) if by_table.get(table.name) else table
        for table in known.tables
        if table.name not in removed
    ]
    tables += [table for table in seen.tables if table.name in new]
    return _without_invalid_keys(known.model_copy(update={"tables": tuple(tables)}), catalog)


def _followed(known: Table, seen: Table, changes: Sequence[Change]) -> Table:
    columns = {column.name: column for column in known.columns}
    table: dict[str, Any] = {"unique": known.unique, "references": known.references}
    new: list[str] = []
    for change in changes:
        match change.path[2:]:
            case ("columns", name) if change.before is None:
                new.append(name)
            case ("columns", name):
                del columns[name]
            case ("columns", name, "type"):
                # The source type changes along with the type.
                types = {"type": change.after, "source_type": seen.column(name).source_type}
                columns[name] = columns[name].model_copy(update=types)
            case ("columns", name, "unique"):
                columns[name] = columns[name].model_copy(update={"unique": change.after})
                table["unique"] = tuple(each for each in table["unique"] if each != (name,))
            case ("columns", name, "references"):
                reference = {"references": change.after, "inferred": seen.column(name).inferred}
                columns[name] = columns[name].model_copy(update=reference)
            case ("columns", name, field):
                columns[name] = columns[name].model_copy(update={field: change.after})
            case ("unique", names):
                table["unique"] = tuple(each for each in table["unique"] if ", ".join(sorted(each)) != names)
                if change.after:
                    table["unique"] += (next(each for each in seen.unique if ", ".join(sorted(each)) == names),)
            case ("references", name):
                table["references"] = tuple(each for each in table["references"] if link_name(each) != name)
                table["references"] += (change.after,) if change.after else ()
            case ("key",):
                table |= {"key": change.after, "key_inferred": seen.key_inferred}
                table["unique"] = _uniques_without_key(known, seen, columns, table["unique"])
            case (field,):
                table[field] = change.after
    return known.model_copy(update={**table, "columns": _placed(columns, seen, new)})


def _uniques_without_key(
    known: Table, seen: Table, columns: dict[str, Column], uniques: tuple[tuple[str, ...], ...]
) -> tuple[tuple[str, ...], ...]:
    """Make explicit what a former key implied for its columns and still holds; return the unique keys."""
    still_unique = frozenset(known.key) in unique_sets(seen)
    for name in known.key:
        if name in columns and (there := seen.column(name)):
            unique = columns[name].unique if len(known.key) > 1 else still_unique
            required = there.required or name in seen.key
            columns[name] = columns[name].model_copy(update={"required": required, "unique": unique})
    uniques = tuple(each for each in uniques if set(each) != set(known.key))
    return (*uniques, known.key) if still_unique and len(known.key) > 1 else uniques


def _placed(columns: dict[str, Column], seen: Table, new: Sequence[str]) -> tuple[Column, ...]:
    """The columns, with each new column after the column that it follows at the source."""
    placed = list(columns)
    for number, column in enumerate(seen.columns):
        if column.name in new:
            before = [placed.index(other.name) for other in seen.columns[:number] if other.name in placed]
            placed.insert(before[-1] + 1 if before else 0, column.name)
    return tuple(columns.get(name) or seen.column(name) for name in placed)


def _without_invalid_keys(source: Source, catalog: Catalog) -> FollowedSource:
    """The source without optional keys that break a rule of the spec."""
    dropped: list[Dropped] = []
    while findings := _droppable(source, catalog):
        tables = list(source.tables)
        for (index, *_), finding in findings.items():
            tables[index], place = _without(tables[index], finding.path[2:])
            dropped.append(Dropped(f"{tables[index].name}.{place}", finding.reason))
        source = source.model_copy(update={"tables": tuple(tables)})
    return FollowedSource(source, tuple(dropped))


def _droppable(source: Source, catalog: Catalog) -> dict[tuple[Any, ...], Finding]:
    """One finding for each table (or column) and key that can be dropped."""
    found: dict[tuple[Any, ...], Finding] = {}
    for finding in check(Spec.model_construct(platform=None, sources=(source,)), catalog):
        path = finding.path
        where = path[:4] if path[2:3] == ("columns",) else path[:2]
        field = path[len(where) : len(where) + 1]
        if path[:1] == ("tables",) and field and field[0] in OPTIONAL:
            found.setdefault((path[1], *where[2:], *field), finding)
    return found


def _without(table: Table, path: tuple[Any, ...]) -> tuple[Table, str]:
    """The table without the key at the path, and the key's place as text."""
    match path:
        case ("columns", number, field, *_):
            columns = list(table.columns)
            columns[number] = columns[number].model_copy(update={field: None})
            return table.model_copy(update={"columns": tuple(columns)}), f"{columns[number].name}.{field}"
        case ("load", field):
            default = "ignore" if field == "deletes" else None
            return table.model_copy(update={"load": table.load.model_copy(update={field: default})}), f"load.{field}"
        case ("load",):
            return table.model_copy(update={"load": table.load.model_copy(update={"mode": "full"})}), "load.mode"
        case ("unique" | "references" | "measures" as field, number, *_):
            name = f"measures.{table.measures[number].name}" if field == "measures" else field
            kept = tuple(each for place, each in enumerate(getattr(table, field)) if place != number)
            return table.model_copy(update={field: kept}), name
        case (field, *_):
            return table.model_copy(update={field: Table.model_fields[field].default}), field
