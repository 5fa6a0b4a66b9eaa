"""`platform-new schema`: the JSON Schema of the spec files, and of the inventory of repositories."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer


class SchemaFile(str, Enum):
    """The documents that have a schema."""

    platform = "platform"
    source = "source"
    inventory = "inventory"


def command(
    file: Annotated[SchemaFile, typer.Argument(help="The document.", metavar="platform|source|inventory")],
) -> None:
    """Print the JSON Schema of `platform.yml` or `sources/<name>.yml`, for completion and validation in editors.

    The inventory is what `status`, `check` and `update` print with --json.

    \b
    platform-new schema platform
    platform-new schema source > source.json
    """
    if file is SchemaFile.inventory:
        from platform_new.cli.inventory import inventory_schema

        print(inventory_schema(), end="")
        return
    from platform_new.catalog import load_catalog
    from platform_new.spec.schema import schema_files

    print(schema_files(load_catalog())[f"{file.value}.json"], end="")
