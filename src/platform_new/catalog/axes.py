"""The card of an axis: `template/<axis>/axis.yml`."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from platform_new.documents.document import Document, read_document
from platform_new.documents.invalid import validate
from platform_new.errors import Problem, Refused

AXIS = "axis.yml"
SOURCE_AXIS = "source"
"""The axis that is chosen for each source instead of once for the platform."""
MODELING_AXIS, WAREHOUSE_AXIS = "modeling", "warehouse"
"""The axes that a plan depends on: for the marts, and for how many tasks may write at once."""
FOR_PEOPLE = "see CONTRIBUTING.md for its keys"
TAKEN = (
    "name",
    "description",
    "owner",
    "dimension_parents",
    "facts",
    "calendar",
    "consumers",
    "from",
    "source_name",
    "schema",
    "views",
    "sample",
)
"""Names that an axis cannot have, because they are keys of `platform.yml` or of answers."""

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


def listed(value: Any) -> Any:
    """A tuple from a list or a single text; other values unchanged.

    In strict mode a list would only be valid as JSON input, which the result of a validator is not.
    """
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value


def names_in(text: str) -> tuple[str, ...]:
    """The names in a comma-separated text."""
    return tuple(name for each in text.split(",") if (name := each.strip()))


Texts = Annotated[tuple[Text, ...], BeforeValidator(listed)]


class Record(BaseModel):
    """A part of a card: it forbids unknown keys and is immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Capability(Record):
    """A key that the sheets of all choices of an axis have, so that templates can rely on it."""

    type: Literal["text", "texts", "number", "switch", "pairs"] = Field(
        description="`text`, `texts` (a list), `number` (whole), `switch` (true or false), `pairs` (keys and values)."
    )
    description: Text = Field(description="What the key means.")
    required: bool = Field(False, description="Whether every choice has to set the key.")
    values: Texts = Field((), description="The values that the key accepts.")


class AxisCard(Record):
    """The keys of `axis.yml`."""

    label: Text = Field(description="The name of the axis for people.")
    question: Text = Field(description="The question at the prompt, as a sentence.")
    description: Text = Field(description="The meaning of its key in `platform.yml` and of its flag, as a sentence.")
    default: Texts = Field((), description="The choice without an answer; with `many`, none or several.")
    order: int = Field(100, description="The position among the axes.")
    asked: bool = Field(True, description="Whether the prompt asks for it; otherwise it follows from the sources.")
    many: bool = Field(False, description="Whether a platform may have several of its choices, or none.")
    sheet: dict[str, Capability] = Field({}, description="The keys of its choices' sheets, besides the common keys.")


def template_root() -> Path:
    """The folder with `copier.yml` and `template/`: inside the package if it is installed, otherwise the checkout."""
    installed = Path(__file__).parent.parent / "_template"
    return installed if installed.is_dir() else Path(__file__).parents[3]


@functools.cache
def load_axes(root: Path | None = None) -> Mapping[str, AxisCard]:
    """The axes in `root/template` by name, in their order. Raises `Refused` with every mistake in their files."""
    root = root or template_root()
    problems: list[Problem] = []
    found: dict[str, AxisCard] = {}
    for path in sorted((root / "template").glob(f"*/{AXIS}")):
        document = read(path, root)
        name = path.parent.name
        if not name.isidentifier() or not name.islower() or name in TAKEN:
            hint = "rename the folder: use lowercase letters and `_`, and not a key that a platform already has"
            document.problems.append(Problem("an axis cannot have this name", hint, document.file, value=name))
        axis = validate(AxisCard, document) if document.data is not None else None
        if axis and not axis.many and len(axis.default) > 1:
            hint = "name one choice, or write `many: true`"
            document.problems.append(document.problem(("default",), "a platform has one choice of this axis", hint))
        problems += document.problems
        if axis:
            found[name] = axis
    if problems:
        raise Refused(problems)
    return dict(sorted(found.items(), key=lambda item: (item[1].order, item[0])))


def read(path: Path, root: Path) -> Document:
    """A file of the catalog, with its path relative to `root`."""
    file = path.relative_to(root).as_posix()
    try:
        return read_document(path.read_text(encoding="utf-8"), file, when_empty=FOR_PEOPLE, examples=True)
    except UnicodeDecodeError:
        return Document(file, problems=[Problem("this is not UTF-8", "save the file as UTF-8", file)])
