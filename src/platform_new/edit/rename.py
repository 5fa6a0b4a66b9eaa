"""Renames in the spec. `renamed_from` records the previous name, so that files move with their edits."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, TypeVar

from platform_new.documents.suggest import did_you_mean
from platform_new.edit.events.references import change_references, rename_joined
from platform_new.edit.names import find_stream, find_table, find_topic, new_name
from platform_new.edit.rewrite import rewrite_source
from platform_new.edit.spec_files import SpecFiles, source_path
from platform_new.edit.uses import change_uses
from platform_new.errors import Problem, Refused
from platform_new.plan import Plan
from platform_new.spec.base import AnySource
from platform_new.spec.events.models import EventSource, Stream, Topic
from platform_new.spec.models import Column, Reference, Source, Table, with_formulas, with_unit
from platform_new.spec.names import former_names
from platform_new.spec.version import raised

Renamed = AnySource | Table | Topic | Stream
Named = TypeVar("Named", Table, Topic, Stream)

COLLECTIONS = {Source: "source", Table: "table", EventSource: "events", Topic: "topic", Stream: "stream"}
"""The collection of the plan for each type of the spec."""


class Known:
    """The names that the repository was generated with: those whose files are in its baseline.

    A second rename before the repository is updated must not lose the first.
    """

    def __init__(self, plan: Plan, generated: Collection[str]):
        entities = (file.entity for file in plan.files if file.entity and file.path in generated)
        self._places = {(collection, *dict.fromkeys(entity.bindings.values())) for collection, entity in entities}

    def name_before(self, thing: Renamed, source: str = "") -> str:
        """The name before a rename: the current name, or the previous one if the repository does not know it yet."""
        place = (COLLECTIONS[type(thing)], *dict.fromkeys(filter(None, (source, thing.name))))
        return thing.name if place in self._places or not thing.renamed_from else thing.renamed_from


def rename_source(files: SpecFiles, old: str, new: str, known: Known) -> str:
    """Rename a source and its file, and return a summary; the variable with its address stays."""
    source = files.source(old)
    new_name(new, files.source_names, "source")
    connection = source.connection or source.variable
    update = {"name": new, "connection": connection, **_names_before(source, known.name_before(source), new)}
    text = rewrite_source(files.text(source_path(old)), source_path(old), source.model_copy(update=update))
    files.remove_source(old)
    files.add_source(new, text)
    change_uses(files, f"{old}.", lambda name: f"{new}.{name.partition('.')[2]}")
    return f"Rename the source {old} to {new}"


def rename_table(files: SpecFiles, old: str, new: str, known: Known) -> str:
    """Rename a table and the references to it, and return a summary; its name at the source stays."""
    source, table = find_table(files.sources(), old)
    new_name(new, [each.name for each in source.tables], "table")
    renamed = _renamed(table, new, known.name_before(table, source.name))
    tables = tuple(_with_table_renamed(renamed if each is table else each, table.name, new) for each in source.tables)
    files.change_source(source.model_copy(update={"tables": tables}), {("tables", table.name): new})
    place = f"{source.name}.{table.name}."
    change_uses(files, place, lambda name: f"{source.name}.{new}.{name.removeprefix(place)}")
    return f"Rename the table {source.name}.{table.name} to {new}"


def rename_entity(files: SpecFiles, old: str, new: str) -> str:
    """Rename the mart of a table, and return a summary; the table keeps its name."""
    source, table = find_table(files.sources(), old)
    marts = [each.entity or each.name for of_source in files.sources() for each in of_source.tables]
    new_name(new, marts, "mart")
    before = table.entity or table.name
    former = tuple(name for name in dict.fromkeys((before, *table.former_entities)) if name != new)
    entity = _unless_same(new, table.name)
    changed = table.model_copy(update={"entity": entity, "former_entities": former})
    tables = tuple(changed if each is table else each for each in source.tables)
    files.change_source(source.model_copy(update={"tables": tables}))
    return f"Rename the mart {before} of the table {source.name}.{table.name} to {new}"


def rename_column(files: SpecFiles, old: str, new: str) -> str:
    """Rename a column, also in keys, loads and references, and return a summary.

    A rename breaks the column's consumers, so the version of the table's contracts rises.
    """
    of_table, _, name = old.rpartition(".")
    if not of_table:
        raise Refused(Problem("a column name needs its table", "write `TABLE.COLUMN`", value=old))
    source, table = find_table(files.sources(), of_table)
    column = table.column(name)
    if column is None:
        known = [each.name for each in table.columns]
        raise Refused(Problem(f"`{table.name}` has no such column", did_you_mean(name, known), value=name))
    new_name(new, [each.name for each in (*table.columns, *table.measures)], "column")
    if before := next((each.name for each in table.columns if each.name != name and new in former_names(each)), ""):
        reason = f"warehouses that were not built since may still have `{before}` under this name"
        hint = f"choose another name, or remove `renamed_from` from `{before}` once all warehouses were built"
        raise Refused(Problem(reason, hint, value=new))
    renamed = column.model_copy(
        update={"name": new, "origin": _unless_same(column.source_name, new), **_names_before(column, name, new)}
    )
    columns = tuple(renamed if each is column else with_unit(each, {name: new}) for each in table.columns)
    # Consumers of the table's contracts rely on the previous name.
    version = table.version if column.exclude or table.exclude else raised(table.version, breaking=True)
    changed = table.model_copy(
        update={"columns": columns, "version": version, **_with_own_column_renamed(table, name, new)}
    )
    tables = tuple(
        _with_column_renamed(changed if each is table else each, table.name, name, new) for each in source.tables
    )
    path = ("tables", table.name, "columns", name)
    files.change_source(source.model_copy(update={"tables": tables}), {path: new})
    of_table, full = f"{source.name}.{table.name}.", f"{source.name}.{table.name}.{name}"
    change_references(files, of_table, lambda each: f"{of_table}{new}" if each == full else each)
    rename_joined(files, of_table.removesuffix("."), name, new)
    return f"Rename the column {source.name}.{table.name}.{name} to {new}"


def rename_topic(files: SpecFiles, old: str, new: str, known: Known) -> str:
    """Rename a topic, also in the streams that read it, and return a summary; its name at the broker stays."""
    source, topic = find_topic(files.event_sources(), old)
    new_name(new, [each.name for each in source.topics], "topic")
    renamed = _renamed(topic, new, known.name_before(topic, source.name))
    topics = tuple(renamed if each is topic else each for each in source.topics)
    streams = tuple(
        each.model_copy(update={"topic": new}) if each.topic == topic.name else each for each in source.streams
    )
    files.change_source(source.model_copy(update={"topics": topics, "streams": streams}), {("topics", topic.name): new})
    return f"Rename the topic {source.name}.{topic.name} to {new}"


def rename_stream(files: SpecFiles, old: str, new: str, known: Known) -> str:
    """Rename a stream, and return a summary; its table and its checkpoint in the lake keep their names."""
    source, stream = find_stream(files.event_sources(), old)
    new_name(new, [each.name for each in source.streams], "stream")
    renamed = _renamed(stream, new, known.name_before(stream, source.name))
    streams = tuple(renamed if each is stream else each for each in source.streams)
    files.change_source(source.model_copy(update={"streams": streams}), {("streams", stream.name): new})
    place = f"{source.name}.{stream.name}."
    change_uses(files, place, lambda _: f"{source.name}.{new}.")
    return f"Rename the stream {source.name}.{stream.name} to {new}"


def _renamed(thing: Named, new: str, before: str) -> Named:
    """The thing with a new name, its previous names, and its name outside the platform."""
    origin = thing.name if thing.origin is None else thing.origin
    return thing.model_copy(
        update={"name": new, "origin": _unless_same(origin, new), **_names_before(thing, before, new)}
    )


def _names_before(thing: Renamed | Column, before: str, new: str) -> dict[str, Any]:
    """The fields with the previous names: warehouses and repositories may use any of them."""
    newest, *older = [name for name in dict.fromkeys((before, *former_names(thing))) if name != new] or [None]
    return {"renamed_from": newest, "older_names": tuple(older)}


def _unless_same(before: str, now: str) -> str | None:
    return before if before != now else None


def _with_table_renamed(table: Table, old: str, new: str) -> Table:
    """The table with its references to the renamed one."""

    def column(each: Column) -> Column:
        to, _, there = (each.references or "").partition(".")
        return each.model_copy(update={"references": f"{new}.{there}"}) if to == old else each

    def reference(each: Reference) -> Reference:
        return each.model_copy(update={"to": new}) if each.to == old else each

    return table.model_copy(
        update={
            "columns": tuple(map(column, table.columns)),
            "references": tuple(map(reference, table.references)),
            "line_of": new if table.line_of == old else table.line_of,
        }
    )


def _with_own_column_renamed(table: Table, old: str, new: str) -> dict[str, Any]:
    """The fields of the table that name its own column."""

    def names(columns: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(new if each == old else each for each in columns)

    load = table.load.model_copy(update={"cursor": new}) if table.load.cursor == old else table.load
    return {
        "key": names(table.key),
        "unique": tuple(map(names, table.unique)),
        "event_time": new if table.event_time == old else table.event_time,
        "weights_of": new if table.weights_of == old else table.weights_of,
        "load": load,
        "references": tuple(each.model_copy(update={"columns": names(each.columns)}) for each in table.references),
        "measures": with_formulas(table.measures, {old: new}),
    }


def _with_column_renamed(table: Table, of_table: str, old: str, new: str) -> Table:
    """The table with its references to the renamed column."""

    def column(each: Column) -> Column:
        at_it = each.references == f"{of_table}.{old}"
        return each.model_copy(update={"references": f"{of_table}.{new}"}) if at_it else each

    def reference(each: Reference) -> Reference:
        there = tuple(new if each.to == of_table and name == old else name for name in each.to_columns)
        return each.model_copy(update={"to_columns": there})

    return table.model_copy(
        update={
            "columns": tuple(map(column, table.columns)),
            "references": tuple(map(reference, table.references)),
        }
    )
