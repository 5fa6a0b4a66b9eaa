"""Introspect a data contract (Open Data Contract Standard 3): its objects are tables, as in a database.

A contract says nothing about roles, loads and history, so these are proposed as for a database.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from platform_new.documents.document import read_document
from platform_new.errors import Problem, Refused
from platform_new.introspect import Introspection
from platform_new.introspect.address import SCHEMES
from platform_new.introspect.catalog import FoundCatalog, FoundColumn, FoundForeignKey, FoundTable, TableId
from platform_new.introspect.propose import propose
from platform_new.spec.data_type import BASES, SYNONYMS, DataType
from platform_new.spec.models import Column, Table

SUFFIXES = (".yml", ".yaml")
LOGICAL_TYPES = {
    "string": "text",
    "integer": "bigint",
    "number": "double",
    "boolean": "boolean",
    "date": "date",
    "time": "time",
    "timestamp": "timestamp",
    "object": "json",
    "array": "json",
}
PHYSICAL_TYPES = {
    **SYNONYMS,
    **{name: name for name in BASES},
    "character varying": "text",
    "character": "text",
    "double precision": "double",
    "timestamp with time zone": "timestamptz",
    "timestamp without time zone": "timestamp",
    "time without time zone": "time",
}
PARAMETERS = re.compile(r"\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)")
PRODUCTION = ("prod", "production")
PERSONAL = ("confidential", "pii", "personal", "private", "restricted", "secret", "sensitive")
"""Classifications and tags that mean personal data; the standard leaves their names to its users."""


def is_contract(address: str) -> bool:
    """Whether an address is the path of a contract, rather than a database or a folder."""
    return address.endswith(SUFFIXES) and Path(address).is_file()


def read_contract(path: Path, name: str, *, kind: str = "") -> Introspection:
    """The source that a contract describes, under the given name. Raises `Refused` if it is not a version 3 contract.

    `kind` is the kind of source, for contracts whose servers do not say it.
    """
    data = _parsed(path)
    objects = [each for each in _maps(data.get("schema")) if each.get("name")]
    if not objects:
        hint = "list its objects under `schema:`, with their `properties:`"
        raise Refused(Problem("the contract has no schema", hint, str(path)))
    server = _server(data)
    schema, purpose = str(server.get("schema") or ""), data.get("description")
    ids = {str(each["name"]): _table_id(each, schema) for each in objects}
    found = FoundCatalog(
        kind=kind or SCHEMES.get(str(server.get("type")).lower(), str(server.get("type") or "")),
        name=name,
        tables=tuple(_table(each, ids, str(path)) for each in objects),
        default_schema=schema,
        description=_text(purpose.get("purpose") if isinstance(purpose, dict) else purpose),
    )
    if not found.kind:
        hint = "pass --kind NAME; `platform-new choices` lists the kinds"
        raise Refused(Problem("no server of the contract says what kind of source it is", hint, str(path)))
    source, reasons = propose(found, name)
    return _as_in_contract(Introspection(source, reasons), {str(each["name"]): each for each in objects})


def _parsed(path: Path) -> Mapping[str, Any]:
    try:
        document = read_document(path.read_text(encoding="utf-8-sig"), str(path))
    except OSError as error:
        raise Refused(Problem(f"the file cannot be read: {error.strerror}", "check its path", str(path))) from None
    except UnicodeDecodeError:
        raise Refused(Problem("this is not UTF-8", "save the file as UTF-8", str(path))) from None
    if document.problems:
        raise Refused(document.problems)
    data, version = document.data, str(document.data.get("apiVersion", ""))
    if not version.startswith("v3.") or data.get("kind") != "DataContract":
        hint = "it must contain `apiVersion: v3.…` and `kind: DataContract`"
        raise Refused(Problem("the file is not an ODCS version 3 data contract", hint, str(path), value=version))
    return data


def _server(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """The contract's server; with several, that of production."""
    servers = _maps(data.get("servers"))
    in_production = (each for each in servers if str(each.get("environment")).lower() in PRODUCTION)
    return next(in_production, servers[0] if servers else {})


def _table_id(each: Mapping[str, Any], schema: str) -> TableId:
    """An object's name and its schema, which a physical name may override."""
    return TableId(_physical_name(each).rpartition(".")[0] or schema, str(each["name"]))


def _physical_name(thing: Mapping[str, Any]) -> str:
    """The name of an object or a property in the source."""
    return str(_custom(thing, "origin") or thing.get("physicalName") or thing["name"])


def _table(each: Mapping[str, Any], ids: Mapping[str, TableId], file: str) -> FoundTable:
    properties = [column for column in _maps(each.get("properties")) if column.get("name")]
    if not properties:
        raise Refused(Problem("the object has no properties", "list its columns", file, value=str(each["name"])))
    key = [column for column in properties if column.get("primaryKey") is True]
    key.sort(key=lambda column: place if isinstance(place := column.get("primaryKeyPosition"), int) else 0)
    own = str(each["name"])
    return FoundTable(
        id=ids[own],
        columns=tuple(map(_column, properties)),
        key=tuple(str(column["name"]) for column in key),
        uniques=tuple((str(column["name"]),) for column in properties if column.get("unique") is True),
        foreign_keys=tuple(_foreign_keys(each, properties, ids)),
        description=_text(each.get("description")),
    )


def _column(column: Mapping[str, Any]) -> FoundColumn:
    options = column.get("logicalTypeOptions")
    options = options if isinstance(options, dict) else {}
    type_ = _type(column, options)
    is_number = DataType.parse(type_).is_number
    bounds = (("minimum", ">="), ("exclusiveMinimum", ">"), ("maximum", "<="), ("exclusiveMaximum", "<"))
    checks = [
        f"VALUE {sign} {options[name]}"
        for name, sign in bounds
        if is_number and isinstance(options.get(name), int | float) and not isinstance(options[name], bool)
    ]
    values = [
        quality.get("arguments", {}).get("validValues")
        for quality in _maps(column.get("quality"))
        if isinstance(quality.get("arguments"), dict)
    ]
    return FoundColumn(
        name=str(column["name"]),
        type=type_,
        source_type=_custom(column, "sourceType"),
        nullable=column.get("required") is not True,
        values=next((tuple(each) for each in values if isinstance(each, list) and each), None),
        checks=tuple(checks),
        description=_text(column.get("description")),
        samples=tuple(str(each) for each in _list(column.get("examples")) if isinstance(each, str)),
    )


def _type(column: Mapping[str, Any], options: Mapping[str, Any]) -> str:
    """The type in the spec: from the physical type if it is known, otherwise from the logical type."""
    physical = " ".join(str(column.get("physicalType") or _custom(column, "sourceType") or "").lower().split())
    base = PHYSICAL_TYPES.get(PARAMETERS.sub("", physical).strip())
    logical = str(column.get("logicalType") or "").lower()
    if base == "numeric" and (match := PARAMETERS.search(physical)):
        with contextlib.suppress(ValueError):
            return str(DataType("numeric", int(match[1]), int(match[2] or 0)))
    if base:
        return base
    if logical == "timestamp" and options.get("timezone") is True:
        return "timestamptz"
    if logical == "string" and options.get("format") == "uuid":
        return "uuid"
    return LOGICAL_TYPES.get(logical, "text")


def _foreign_keys(
    each: Mapping[str, Any], properties: Sequence[Mapping[str, Any]], ids: Mapping[str, TableId]
) -> Iterator[FoundForeignKey]:
    for column in properties:
        for link in _maps(column.get("relationships")):
            if (found := _target(link.get("to"))) and found[0] in ids:
                yield FoundForeignKey((str(column["name"]),), ids[found[0]], (found[1],))
    for link in _maps(each.get("relationships")):
        mine, theirs = ([_target(place) for place in _list(link.get(side))] for side in ("from", "to"))
        if not (mine and all((*mine, *theirs)) and len(mine) == len(theirs)):
            continue
        if len({to for to, _ in theirs}) == 1 and theirs[0][0] in ids:
            columns, there = (tuple(name for _, name in side) for side in (mine, theirs))
            yield FoundForeignKey(columns, ids[theirs[0][0]], there)


def _target(place: Any) -> tuple[str, str] | None:
    """Object and property of `orders.id`, or of `orders.odcs.yaml#/schema/orders/properties/id`."""
    path = PurePosixPath(str(place).rpartition("#")[2]).parts if "/" in str(place) else ()
    if len(path) >= 3 and path[-2] == "properties":
        return path[-3], path[-1]
    table, _, column = str(place or "").rpartition(".")
    return (table.rpartition(".")[2], column) if table and "/" not in str(place) else None


def _as_in_contract(seen: Introspection, objects: Mapping[str, Mapping[str, Any]]) -> Introspection:
    """The proposal with physical names as origins, and with the contract's personal data marked as such."""
    reasons = dict(seen.reasons)

    def column(table: Table, each: Column, described: Mapping[str, Any]) -> Column:
        why = _personal(described)
        pii = "other" if why and not (each.pii or each.references or each.exclude) else each.pii
        if pii != each.pii:
            reasons["tables", table.name, "columns", each.name, "pii"] = why
        name = _physical_name(described)
        return each.model_copy(update={"pii": pii, "origin": name if name != each.name else None})

    def table(each: Table) -> Table:
        described = objects[each.origin or each.name]
        properties = {str(item["name"]): item for item in _maps(described.get("properties")) if item.get("name")}
        columns = tuple(column(each, item, properties[item.source_name]) for item in each.columns)
        name = _physical_name(described).rpartition(".")[2]
        return each.model_copy(update={"columns": columns, "origin": name if name != each.name else None})

    return Introspection(seen.source.model_copy(update={"tables": tuple(map(table, seen.source.tables))}), reasons)


def _personal(column: Mapping[str, Any]) -> str:
    """Why a property counts as personal data; empty if the contract does not say so."""
    labels = [column.get("classification"), *_list(column.get("tags"))]
    label = next((str(label) for label in labels if str(label).lower() in PERSONAL), "")
    return label and f"the contract classifies it as {label}"


def _custom(thing: Mapping[str, Any], name: str) -> Any:
    """A custom property, or None."""
    found = (each.get("value") for each in _maps(thing.get("customProperties")) if each.get("property") == name)
    return next(found, None)


def _maps(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
