"""Translate pydantic's errors into problems in terms of the file."""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from platform_new.documents.document import Document, Path
from platform_new.documents.suggest import did_you_mean
from platform_new.errors import Problem, counted

Model = TypeVar("Model", bound=BaseModel)
Explanation = tuple[str, str]
"""A reason and a hint."""
Explain = Callable[[type[BaseModel], ErrorDetails, Document, Path], Explanation | None]
"""A more specific explanation of an error than its type gives, or None."""


def validate(model: type[Model], document: Document, explain: Explain | None = None) -> Model | None:
    """The document as a model, or None; problems are added to the document."""
    errors = errors_of(model, document.data)
    document.problems += problems_of(model, document, errors, explain).values()
    return None if errors else model.model_validate_json(json.dumps(document.data), strict=True)


def errors_of(model: type[BaseModel], data: Any) -> list[ErrorDetails]:
    """Pydantic's errors for the data, without duplicates."""
    # Only for JSON, strict mode accepts a list as a tuple but still no text as a number.
    try:
        model.model_validate_json(json.dumps(data), strict=True)
    except ValidationError as error:
        return [each for each in error.errors(include_url=False) if not _follows_from_another(each)]
    return []


def problems_of(
    model: type[BaseModel], document: Document, errors: list[ErrorDetails], explain: Explain | None = None
) -> dict[Path, Problem]:
    """One problem for each path: a union reports one error for each of its members."""
    by_path: dict[Path, list[ErrorDetails]] = {}
    for error in errors:
        path = error["loc"] if error["type"] == "missing" else document.known(error["loc"])
        by_path.setdefault(path, []).append(error)
    return {path: _translate(model, document, path, found, explain) for path, found in by_path.items()}


def _follows_from_another(error: ErrorDetails) -> bool:
    """Whether the error is a consequence: pydantic calls a list too short if some items are invalid."""
    return error["type"] == "too_short" and len(error["input"]) >= error["ctx"]["min_length"]


def _translate(
    model: type[BaseModel], document: Document, path: Path, errors: list[ErrorDetails], explain: Explain | None
) -> Problem:
    error = errors[0]
    value, key = error["input"], str(path[-1]) if path else ""
    part = model_at(model, path)
    of_key = error["type"] == "extra_forbidden"
    if explain and (explanation := explain(part, error, document, path)):
        return document.problem(path, *explanation, key if of_key else _short(value), of_key=of_key)
    if error["type"] == "missing":
        description = part.model_fields[_attribute(part, key)].description
        return document.problem(path[:-1], f"`{key}` is missing", f"add it: {description}")
    if of_key:
        return document.problem(path, "unknown key", did_you_mean(key, _keys(part)), key, of_key=True)
    value = _short(value)
    if len(errors) > 1:
        return document.problem(path, f"`{key}` has to be a number or text", value=value)
    reason, hint = EXPLANATIONS.get(error["type"], _message)(error)
    return document.problem(path, f"{subject(path)} {reason}", hint, value)


def subject(path: Path) -> str:
    """The subject of an explanation: the key or, for an item, the key of its list."""
    return f"`{path[-2]}`" if isinstance(path[-1] if path else "", int) else f"`{path[-1] if path else ''}`"


def _short(value: Any) -> Any:
    return None if isinstance(value, dict | list) else json.dumps(value) if isinstance(value, bool) else value


def _message(error: ErrorDetails) -> Explanation:
    reason, _, hint = error["msg"].removeprefix("Value error, ").partition("; ")
    return reason, hint


def _not_text(error: ErrorDetails) -> Explanation:
    value = error["input"]
    if value is None or isinstance(value, dict | list):
        return "has to be text", "write a word or a sentence"
    # PyYAML has already turned `no` into false; only the file has the original.
    return "has to be text, but YAML reads this as a number, true or false", "put it in quotes"


def _not_one_of(error: ErrorDetails) -> Explanation:
    expected = error["ctx"]["expected"].replace(" or ", ", ").replace("'", "").split(", ")
    hint = did_you_mean(str(error["input"]), expected)
    reason = f"has to be one of {', '.join(f'`{value}`' for value in expected)}"
    return reason, hint if hint.startswith("did") else "write one of them"


def _says(reason: str, hint: str = "") -> Callable[[ErrorDetails], Explanation]:
    return lambda error: (reason, hint)


EXPLANATIONS: Mapping[str, Callable[[ErrorDetails], Explanation]] = {
    "string_type": _not_text,
    "literal_error": _not_one_of,
    "string_too_long": lambda error: (f"has more than {error['ctx']['max_length']} characters", "shorten it"),
    "string_too_short": _says("must not be empty", "write a word or a sentence"),
    "too_short": lambda error: (f"needs at least {counted(error['ctx']['min_length'], 'item')}", ""),
    "too_long": lambda error: (f"takes at most {counted(error['ctx']['max_length'], 'item')}", ""),
    "tuple_type": _says("has to be a list", "write `[a, b]`, or lines that begin with `- `"),
    "dict_type": _says("has to consist of keys and values", "write `key: value`"),
    "model_type": _says("has to consist of keys and values", "write `key: value`"),
    "dataclass_type": _says("has to consist of keys and values", "write `key: value`"),
    "bool_type": _says("has to be true or false", "write one of the two"),
    "int_type": _says("has to be a whole number", "write digits, such as `10`"),
    "int_from_float": _says("has to be a whole number", "write digits, such as `10`"),
    "greater_than_equal": lambda error: (f"has to be at least {error['ctx']['ge']}", ""),
    "less_than_equal": lambda error: (f"has to be at most {error['ctx']['le']}", ""),
}


def model_at(model: type[BaseModel], path: Path) -> type[BaseModel]:
    """The model that has the last key of the path, found by following the path through the annotations."""
    found: Any = model
    for step in path[:-1]:
        within = _below(found, step)
        if within is None:
            break
        found = within
    return found if isinstance(found, type) and issubclass(found, BaseModel) else model


def _below(annotation: Any, step: str | int) -> Any:
    """The annotation of the value at a step, or None if unknown."""
    for each in _members(annotation):
        if isinstance(each, type) and issubclass(each, BaseModel):
            if isinstance(step, str) and any(step == key for key in _keys(each)):
                inner = each.model_fields[_attribute(each, step)].annotation
                return next((member for member in _members(inner) if _is_made_of_models(member)), None)
        elif typing.get_origin(each) is tuple and isinstance(step, int):
            return typing.get_args(each)[0]
        elif typing.get_origin(each) in (dict, Mapping) and isinstance(step, str):
            return typing.get_args(each)[1]
    return None


def _members(annotation: Any) -> tuple[Any, ...]:
    """The members of a union, or the annotation itself, without `Annotated`."""
    if typing.get_origin(annotation) is typing.Annotated:
        annotation = typing.get_args(annotation)[0]
    is_union = typing.get_origin(annotation) in (typing.Union, types.UnionType)
    return typing.get_args(annotation) if is_union else (annotation,)


def _is_made_of_models(annotation: Any) -> bool:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return True
    return any(_is_made_of_models(each) for each in typing.get_args(annotation))


def _keys(model: type[BaseModel]) -> Iterator[str]:
    return (field.alias or name for name, field in model.model_fields.items())


def _attribute(model: type[BaseModel], key: str) -> str:
    return next(name for name, field in model.model_fields.items() if (field.alias or name) == key)
