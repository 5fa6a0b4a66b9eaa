"""What an axis asks: `template/<axis>/axis.yml`."""

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
"""The one axis that is asked for each source, and not for the platform."""
MODELING_AXIS, WAREHOUSE_AXIS = "modeling", "warehouse"
"""The axes that a plan asks something of: which marts there are, and how many tasks may write at once."""
FOR_PEOPLE = "see CONTRIBUTING.md for what it has to say"
TAKEN = ("name", "description", "owner", "from", "source_name", "schema", "views", "sample")
"""What else is a key of `platform.yml` or an answer, and therefore no name for an axis."""

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


def listed(value: Any) -> Any:
    """One word stands for a list of it. A tuple, since what a validator gives is no JSON any more."""
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value


def names_in(text: str) -> tuple[str, ...]:
    """The names of a text that has commas between them."""
    return tuple(name for each in text.split(",") if (name := each.strip()))


Texts = Annotated[tuple[Text, ...], BeforeValidator(listed)]


class Record(BaseModel):
    """A part of a card: fixed keys, and nothing that can be changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Capability(Record):
    """A key that the sheets of an axis' choices have, and that templates can therefore rely on."""

    type: Literal["text", "texts", "number", "switch", "pairs"] = Field(
        description="`text`, `texts` (a list), `number` (whole), `switch` (true or false), `pairs` (keys and values)."
    )
    description: Text = Field(description="What it says.")
    required: bool = Field(False, description="Whether every choice has to say it.")
    values: Texts = Field((), description="The only values that it may have.")


class AxisCard(Record):
    """What `axis.yml` says."""

    label: Text = Field(description="What the axis is called.")
    question: Text = Field(description="What is asked at the prompt, as a sentence.")
    description: Text = Field(description="What its key in `platform.yml` and its flag say, as a sentence.")
    default: Texts = Field((), description="The choice that is taken without an answer; with `many`, none or several.")
    order: int = Field(100, description="Where it stands among the axes.")
    asked: bool = Field(True, description="Whether it is asked at the prompt, or follows from the sources.")
    many: bool = Field(False, description="Whether a platform may take several of its choices, or none.")
    sheet: dict[str, Capability] = Field({}, description="What the sheets of its choices say beside what all may say.")


def template_root() -> Path:
    """The folder that holds `copier.yml` and `template/`: inside the package when installed, else the checkout."""
    installed = Path(__file__).parent.parent / "_template"
    return installed if installed.is_dir() else Path(__file__).parents[3]


@functools.cache
def load_axes(root: Path | None = None) -> Mapping[str, AxisCard]:
    """The axes below `root/template` by name, in their order. Raises `Refused` with every mistake in their files."""
    root = root or template_root()
    problems: list[Problem] = []
    found: dict[str, AxisCard] = {}
    for path in sorted((root / "template").glob(f"*/{AXIS}")):
        document = read(path, root)
        name = path.parent.name
        if not name.isidentifier() or not name.islower() or name in TAKEN:
            hint = "rename the folder: lowercase letters and `_`, and no key that a platform has already"
            document.problems.append(Problem("an axis cannot have this name", hint, document.file, value=name))
        axis = validate(AxisCard, document) if document.data is not None else None
        if axis and not axis.many and len(axis.default) > 1:
            hint = "name one, or say `many: true`"
            document.problems.append(document.problem(("default",), "a platform takes one choice of this axis", hint))
        problems += document.problems
        if axis:
            found[name] = axis
    if problems:
        raise Refused(problems)
    return dict(sorted(found.items(), key=lambda item: (item[1].order, item[0])))


def read(path: Path, root: Path) -> Document:
    """A file of the catalog, with its path below `root`."""
    file = path.relative_to(root).as_posix()
    try:
        return read_document(path.read_text(encoding="utf-8"), file, when_empty=FOR_PEOPLE, examples=True)
    except UnicodeDecodeError:
        return Document(file, problems=[Problem("this is not UTF-8", "save the file as UTF-8", file)])
