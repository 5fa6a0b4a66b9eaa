"""What pydantic says about a value, in the words of the person who wrote the file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from platform_new.errors import Problem
from platform_new.spec.document import Document, Path
from platform_new.spec.models import IDENTIFIER, Column, Load, Reference, Table
from platform_new.spec.suggest import did_you_mean, identifier

Model = TypeVar("Model", bound=BaseModel)
PARTS: Mapping[str, type[BaseModel]] = {"tables": Table, "columns": Column, "load": Load, "references": Reference}


def validate(model: type[Model], document: Document) -> Model | None:
    """The document as a model, or None; what is wrong is added to the document's problems.

    What cannot be used is left out or replaced by its nearest valid value and the rest is returned, so that the rules can
    be checked on it and every error is reported at once. Such a model is never planned: the document has problems.
    """
    problems, errors = document.problems, _errors(model, document.data)
    for path, found in _by_path(document, errors).items():
        problems.append(_translate(model, document, path, found))
    if not errors:
        return model.model_validate_json(json.dumps(document.data), strict=True)
    data = json.loads(json.dumps(document.data))
    for _ in range(2):
        for error in reversed(_errors(model, data)):
            _mend(data, error)
    return None if _errors(model, data) else model.model_validate_json(json.dumps(data), strict=True)


def _errors(model: type[BaseModel], data: Any) -> list[ErrorDetails]:
    # JSON is where pydantic's strict mode takes a list for a tuple, and yet no text for a number.
    try:
        model.model_validate_json(json.dumps(data), strict=True)
    except ValidationError as error:
        return error.errors(include_url=False)
    return []


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
    if error["type"] == "extra_forbidden":
        return document.problem(path, "there is no such key", did_you_mean(key, _keys(part)), key, of_key=True)
    value = None if isinstance(value, dict | list) else json.dumps(value) if isinstance(value, bool) else value
    if len(errors) > 1:
        return document.problem(path, f"`{key}` has to be a number or a text", value=value)
    reason, cure = EXPLANATIONS.get(error["type"], _as_it_is)(error, document, path)
    item = f"`{path[-2]}`" if isinstance(path[-1] if path else "", int) else f"`{key}`"
    return document.problem(path, f"{item} {reason}", cure, value)


def _as_it_is(error: ErrorDetails, document: Document, path: Path) -> tuple[str, str]:
    return error["msg"].removeprefix("Value error, "), ""


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
        return "has to be lowercase words joined by `-`, beginning with a letter", f"write `{name}`" if name[:1].isalpha() else ""
    if "\\." in error["ctx"]["pattern"]:
        return "has to be `table.column`, with the names that this file gives them", ""
    name = identifier(value)
    origin = f", with `origin: {json.dumps(value, ensure_ascii=False)}` beside it" if key == "name" and len(path) > 1 else ""
    return "has to be lowercase letters, digits and `_`, not beginning with a digit", f"write `{name}`{origin}" if name else ""


def _variable(document: Document) -> str:
    name = document.data.get("name")
    return f"{identifier(name).upper()}_URL" if isinstance(name, str) and identifier(name) else "SHOP_URL"


def _says(reason: str, cure: str = "") -> Callable[..., tuple[str, str]]:
    return lambda error, document, path: (reason, cure)


EXPLANATIONS: Mapping[str, Callable[[ErrorDetails, Document, Path], tuple[str, str]]] = {
    "string_type": _no_text,
    "literal_error": _not_one_of,
    "string_pattern_mismatch": _bad_pattern,
    "string_too_long": lambda error, document, path: (f"has more than {error['ctx']['max_length']} characters", "shorten it"),
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
        if isinstance(step, str) and step in PARTS:
            model = PARTS[step]
    return model


def _keys(model: type[BaseModel]) -> Iterator[str]:
    return (field.alias or name for name, field in model.model_fields.items())


def _attribute(model: type[BaseModel], key: str) -> str:
    return next(name for name, field in model.model_fields.items() if (field.alias or name) == key)


def _mend(data: Any, error: ErrorDetails) -> None:
    """Take out what is wrong, or put the nearest valid value in its place."""
    *above, last = error["loc"] or ("",)
    holder = data
    for step in above:
        if isinstance(holder, dict) and step in holder:
            holder = holder[step]
        elif isinstance(holder, list) and isinstance(step, int) and step < len(holder):
            holder = holder[step]
        else:
            return
    if error["type"] == "string_pattern_mismatch" and isinstance(error["input"], str):
        holder[last] = _mended_name(error["input"], dotted="\\." in error["ctx"]["pattern"])
    elif error["type"] in ("missing", "value_error") and last == "type":
        holder[last] = "text"
    elif isinstance(holder, dict):
        holder.pop(last, None)
    elif isinstance(holder, list) and isinstance(last, int) and last < len(holder):
        holder.pop(last)


def _mended_name(text: str, *, dotted: bool) -> str:
    names = [identifier(part) for part in text.split(".")]
    return ".".join(names) if dotted else "_".join(names)


