"""Reports what is wrong with a file of the spec, and keeps the rest of it so that the rules can be checked."""

from __future__ import annotations

import json

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from platform_new.documents.document import Document, Path
from platform_new.documents.invalid import Explanation, Model, errors_of, problems_of, subject
from platform_new.documents.suggest import identifier
from platform_new.spec.data_type import synonym
from platform_new.spec.events.joins import APART, GROWS
from platform_new.spec.events.models import Join
from platform_new.spec.salvage import salvage
from platform_new.spec.scalars import IDENTIFIER

SALVAGES = 4
"""How often a value is replaced: the replacement of a table may lack columns, and those a type."""


def validate(model: type[Model], document: Document) -> Model | None:
    """The document as a model, or None; errors are added to the document's problems.

    An invalid value is removed or replaced by a similar valid value, and its path added to `document.broken`. So the
    rules can be checked on the rest, and every error is reported at once. Such a model must not be planned.
    """
    errors = errors_of(model, document.data)
    for path, problem in problems_of(model, document, errors, _explain).items():
        document.problems.append(problem)
        # A misspelt name is replaced by the intended name, so the rules can still report problems with it.
        if path[-1:] != ("name",):
            document.broken.add(path)
    data = json.loads(json.dumps(document.data))
    for _ in range(SALVAGES):
        if not errors:
            return model.model_validate_json(json.dumps(data), strict=True)
        salvage(data, errors)
        errors = errors_of(model, data)
    return None


def _explain(part: type[BaseModel], error: ErrorDetails, document: Document, path: Path) -> Explanation | None:
    key = path[-1] if path else ""
    if part is Join and key in ("topic", "stream"):
        return f"a stream can only join tables: {GROWS}", APART
    if error["type"] == "value_error" and key == "type":
        return _no_type(error, path)
    if error["type"] == "string_pattern_mismatch":
        reason, hint = _bad_pattern(error, document, path)
        return f"{subject(path)} {reason}", hint
    return None


def _no_type(error: ErrorDetails, path: Path) -> Explanation | None:
    value = str(error["input"])
    reason = error["msg"].removeprefix("Value error, ").partition("; ")[0]
    if "(" in value and not value.endswith(")"):
        hint = "put it in quotes: between `{` and `}`, a comma ends a YAML value"
    elif meant := synonym(value):
        hint = f"did you mean `{meant}`?"
    else:
        return None
    return f"{subject(path)} {reason}", hint


def _bad_pattern(error: ErrorDetails, document: Document, path: Path) -> Explanation:
    value, key, pattern = error["input"], path[-1], error["ctx"]["pattern"]
    if key == "connection":
        reason = "has to be the NAME of an environment variable: capital letters, digits and `_`"
        return reason, f"write `{_variable(document)}`, and set that variable to the address wherever the platform runs"
    if path == ("name",) and pattern != IDENTIFIER:
        name = identifier(value).strip("_").replace("_", "-")
        reason = "has to be lowercase words joined by `-`, beginning with a letter"
        return reason, f"write `{name}`" if name[:1].isalpha() else ""
    if "\\." in pattern:
        return "has to be `table.column`, with the names used in this file", ""
    name = identifier(value)
    origin = f", and add `origin: {json.dumps(value, ensure_ascii=False)}`"
    hint = f"write `{name}`{origin if key == 'name' and len(path) > 1 else ''}" if name else ""
    return "has to be lowercase letters, digits and `_`, not beginning with a digit", hint


def _variable(document: Document) -> str:
    name = document.data.get("name")
    return f"{identifier(name).upper()}_URL" if isinstance(name, str) and identifier(name) else "SHOP_URL"
