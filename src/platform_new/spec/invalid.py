"""What pydantic says about a value, in the words of the person who wrote the file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from platform_new.errors import Problem
from platform_new.spec.document import Document, Path
from platform_new.spec.joins import APART, GROWS
from platform_new.spec.mend import mend
from platform_new.spec.models import Column, Load, Reference, Table
from platform_new.spec.scalars import IDENTIFIER
from platform_new.spec.streams import Aggregate, EventField, Join, JoinedColumn, Stream, Topic, Window
from platform_new.spec.suggest import did_you_mean, identifier

Model = TypeVar("Model", bound=BaseModel)
SYNONYMS = {
    "bigserial": "bigint", "blob": "binary", "bool": "boolean", "bytea": "binary", "bytes": "binary", "char": "text",
    "datetime": "timestamp", "decimal": "numeric", "float": "double", "float4": "real", "float8": "double",
    "int": "integer", "int2": "smallint", "int4": "integer", "int8": "bigint", "jsonb": "json", "long": "bigint",
    "money": "numeric", "number": "numeric", "serial": "integer", "str": "text", "string": "text",
    "tinyint": "smallint", "varchar": "text",
}  # fmt: skip
MENDINGS = 4
"""How often a value is mended: what is put in place of a table may lack columns, and these a type."""
PARTS: Mapping[str, type[BaseModel]] = {
    "tables": Table, "columns": Column, "load": Load, "references": Reference,
    "topics": Topic, "fields": EventField, "streams": Stream, "joins": Join, "window": Window,
    "aggregates": Aggregate,
}  # fmt: skip


def validate(model: type[Model], document: Document) -> Model | None:
    """The document as a model, or None; what is wrong is added to the document's problems.

    What cannot be used is left out or replaced by a near valid value, and its path is in `document.broken`: so the
    rules can be checked on the rest, and every error is reported at once. Such a model must not be planned.
    """
    errors = _errors(model, document.data)
    for path, found in _by_path(document, errors).items():
        document.problems.append(_translate(model, document, path, found))
        # A misspelt name has been mended to the one that was meant, of which the rules may well complain.
        if path[-1:] != ("name",):
            document.broken.add(path)
    data = json.loads(json.dumps(document.data))
    for _ in range(MENDINGS):
        if not errors:
            return model.model_validate_json(json.dumps(data), strict=True)
        mend(data, errors)
        errors = _errors(model, data)
    return None


def _errors(model: type[BaseModel], data: Any) -> list[ErrorDetails]:
    # JSON is where pydantic's strict mode takes a list for a tuple, and yet no text for a number.
    try:
        model.model_validate_json(json.dumps(data), strict=True)
    except ValidationError as error:
        return [each for each in error.errors(include_url=False) if not _follows_from_another(each)]
    return []


def _follows_from_another(error: ErrorDetails) -> bool:
    """A list counts as too short for pydantic when some of its items cannot be used."""
    return error["type"] == "too_short" and len(error["input"]) >= error["ctx"]["min_length"]


def _by_path(document: Document, errors: list[ErrorDetails]) -> dict[Path, list[ErrorDetails]]:
    """The errors by the path that they are about: a union reports one error for each of its members."""
    by_path: dict[Path, list[ErrorDetails]] = {}
    for error in errors:
        path = error["loc"] if error["type"] == "missing" else document.known(error["loc"])
        by_path.setdefault(path, []).append(error)
    return by_path


def _translate(model: type[BaseModel], document: Document, path: Path, errors: list[ErrorDetails]) -> Problem:
    error = errors[0]
    value, key = error["input"], str(path[-1]) if path else ""
    part = _model_at(model, path)
    if error["type"] == "missing":
        description = part.model_fields[_attribute(part, key)].description
        return document.problem(path[:-1], f"`{key}` is missing", f"add it: {description}")
    if part is Join and key in ("topic", "stream"):
        return document.problem(path, f"only tables are joined: {GROWS}", APART, key, of_key=True)
    if error["type"] == "extra_forbidden":
        return document.problem(path, "there is no such key", did_you_mean(key, _keys(part)), key, of_key=True)
    value = None if isinstance(value, dict | list) else json.dumps(value) if isinstance(value, bool) else value
    if len(errors) > 1:
        return document.problem(path, f"`{key}` has to be a number or a text", value=value)
    reason, cure = EXPLANATIONS.get(error["type"], _as_it_is)(error, document, path)
    item = f"`{path[-2]}`" if isinstance(path[-1] if path else "", int) else f"`{key}`"
    return document.problem(path, f"{item} {reason}", cure, value)


def _as_it_is(error: ErrorDetails, document: Document, path: Path) -> tuple[str, str]:
    reason, _, cure = error["msg"].removeprefix("Value error, ").partition("; ")
    value = str(error["input"])
    if path[-1] == "type" and "(" in value and not value.endswith(")"):
        cure = "put it in quotes: between `{` and `}`, YAML takes a comma for the end of the value"
    elif path[-1] == "type" and (meant := SYNONYMS.get(value.partition("(")[0].lower())):
        cure = f"did you mean `{meant}`?"
    return reason, cure


def _no_text(error: ErrorDetails, document: Document, path: Path) -> tuple[str, str]:
    value = error["input"]
    if value is None or isinstance(value, dict | list):
        return "has to be a text", "write one word or sentence"
    # PyYAML has read `no` as false by now; the file says what it was.
    return "has to be a text, and YAML reads this as a number, as true or as false", "put it in quotes"


def _not_one_of(error: ErrorDetails, document: Document, path: Path) -> tuple[str, str]:
    expected = error["ctx"]["expected"].replace(" or ", ", ").replace("'", "").split(", ")
    return f"has to be one of {', '.join(f'`{word}`' for word in expected)}", _near(error["input"], expected)


def _near(value: Any, expected: list[str]) -> str:
    cure = did_you_mean(str(value), expected)
    return cure if cure.startswith("did") else ""


def _bad_pattern(error: ErrorDetails, document: Document, path: Path) -> tuple[str, str]:
    value, key = error["input"], path[-1]
    if key == "connection":
        reason = "has to be the NAME of an environment variable: capital letters, digits and `_`"
        return reason, f"write `{_variable(document)}`, and set that variable to the address where the platform runs"
    if path == ("name",) and error["ctx"]["pattern"] != IDENTIFIER:
        name = identifier(value).strip("_").replace("_", "-")
        return "has to be lowercase words joined by `-`, beginning with a letter", f"write `{name}`" if name[
            :1
        ].isalpha() else ""
    if "\\." in error["ctx"]["pattern"]:
        return "has to be `table.column`, with the names that this file gives them", ""
    name = identifier(value)
    origin = (
        f", with `origin: {json.dumps(value, ensure_ascii=False)}` beside it" if key == "name" and len(path) > 1 else ""
    )
    return (
        "has to be lowercase letters, digits and `_`, not beginning with a digit",
        f"write `{name}`{origin}" if name else "",
    )


def _variable(document: Document) -> str:
    name = document.data.get("name")
    return f"{identifier(name).upper()}_URL" if isinstance(name, str) and identifier(name) else "SHOP_URL"


def _says(reason: str, cure: str = "") -> Callable[..., tuple[str, str]]:
    return lambda error, document, path: (reason, cure)


EXPLANATIONS: Mapping[str, Callable[[ErrorDetails, Document, Path], tuple[str, str]]] = {
    "string_type": _no_text,
    "literal_error": _not_one_of,
    "string_pattern_mismatch": _bad_pattern,
    "string_too_long": lambda error, document, path: (
        f"has more than {error['ctx']['max_length']} characters",
        "shorten it",
    ),
    "too_short": lambda error, document, path: (f"needs at least {error['ctx']['min_length']}", ""),
    "tuple_type": _says("has to be a list", "write `[a, b]`, or lines that begin with `- `"),
    "model_type": _says("has to consist of keys and values", "write `key: value`"),
    "dataclass_type": _says("has to consist of keys and values", "write `key: value`"),
    "bool_type": _says("has to be true or false"),
    "int_type": _says("has to be a whole number"),
    "int_from_float": _says("has to be a whole number"),
    "greater_than_equal": lambda error, document, path: (f"has to be {error['ctx']['ge']} or more", ""),
}


def _model_at(model: type[BaseModel], path: Path) -> type[BaseModel]:
    """The model that holds the last key of the path."""
    for step in path[:-1]:
        if model is Join and step == "columns":
            model = JoinedColumn
        elif isinstance(step, str) and step in PARTS:
            model = PARTS[step]
    return model


def _keys(model: type[BaseModel]) -> Iterator[str]:
    return (field.alias or name for name, field in model.model_fields.items())


def _attribute(model: type[BaseModel], key: str) -> str:
    return next(name for name, field in model.model_fields.items() if (field.alias or name) == key)
