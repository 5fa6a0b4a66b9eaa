"""`platform-new schema`: the JSON Schema of the spec's files."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer


class File(str, Enum):
    """A kind of spec file."""

    platform = "platform"
    source = "source"


def command(
    file: Annotated[File, typer.Argument(help="Which of the spec's files.", metavar="platform|source")],
) -> None:
    """Print the JSON Schema of `platform.yml` or of `sources/<name>.yml`, by which editors complete and check them.

    \b
    platform-new schema platform
    platform-new schema source > source.json
    """
    from platform_new.catalog import load_catalog
    from platform_new.spec.schema import schema_files

    print(schema_files(load_catalog())[f"{file.value}.json"], end="")
