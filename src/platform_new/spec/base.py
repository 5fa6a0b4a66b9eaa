"""What all parts of a spec share: how they are validated, and the fields of every source."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from platform_new.spec.scalars import Identifier, OlderNames, Text

Content = Literal["tables", "events"]
"""What a source has; the card of a kind of source says it as `carries`."""


class Part(BaseModel):
    """A part of a spec: without unknown keys, and not changed after validation."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class AnySource(Part):
    """The fields of every source, whether it has tables or events: `sources/<name>.yml`."""

    carries: ClassVar[Content]
    name: Identifier = Field(description="The source's name; also the file's name.")
    kind: str = Field(description="The kind of system; `platform-new choices` lists them.")
    description: Text | None = Field(None, description="What the system is, in a sentence.")
    owner: Text | None = Field(None, description="The owner of the data at the source: a team or an address.")
    connection: Annotated[str, StringConstraints(pattern=r"^[A-Z_][A-Z0-9_]*$")] | None = Field(
        None, description="The NAME of the environment variable that holds the address, never the address itself."
    )
    schedule: str
    renamed_from: Identifier | None = Field(None, description="The previous name of this source in the spec.")
    older_names: OlderNames = ()

    @property
    def variable(self) -> str:
        """The environment variable that holds the connection."""
        return self.connection or f"{self.name.upper()}_URL"

    @property
    def loads_nothing(self) -> bool:
        """Whether everything in it is excluded."""
        return False
