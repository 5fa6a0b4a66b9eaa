"""`platform-new schema`: the JSON Schema of the spec's files, and of what is said about repositories."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer


class SchemaFile(str, Enum):
    """What has a schema."""

    platform = "platform"
    source = "source"
    inventory = "inventory"


def command(
    file: Annotated[SchemaFile, typer.Argument(help="Which file.", metavar="platform|source|inventory")],
) -> None:
    """Print the JSON Schema of `platform.yml` or of `sources/<name>.yml`, by which editors complete and check them.

    That of the inventory is of what `status`, `check` and `update` print about repositories with --json.

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
