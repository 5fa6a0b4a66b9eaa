"""The consumers of the marts: what they are, what they read, and the role with which they read it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from platform_new.spec.base import Part
from platform_new.spec.scalars import Identifier, Text


class Consumer(Part):
    """A real use of the marts, such as a dashboard: dbt gets an exposure for it, and its role may read the marts."""

    name: Identifier = Field(description="A name for it; also the name of dbt's exposure.")
    type: Literal["dashboard", "analysis", "application", "notebook", "ml"] = Field(
        "dashboard", description="What it is."
    )
    description: Text | None = Field(None, description="What it is for, in a sentence.")
    owner: Text | None = Field(
        None, description="Whom to tell about a change: a team or an address. By default, the platform's owner."
    )
    url: Text | None = Field(None, description="Where to find it.")
    reads: tuple[Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*$")], ...] = Field(
        (), description="The tables whose marts it reads, as `source.table`; all marts if there are none."
    )
    role: Identifier | None = Field(
        None,
        description="The role in the production warehouse with which it reads; each run lets the role read its marts. "
        "Only with warehouses that have roles.",
    )
