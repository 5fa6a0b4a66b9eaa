"""The dbt project and its manifest, which tells Dagster about the models and their tests.

`make manifest` creates the manifest, here and at deployment. No run and no import does, because
parsing the project takes seconds.
"""

import json
import os
from collections.abc import Iterable
from functools import cache
from typing import Any

import dagster as dg
from dagster_dbt import DbtCliResource, DbtProject

from orchestrate.pipeline.commands import BIN, ROOT

os.environ.setdefault("PLATFORM_ROOT", str(ROOT))

PROJECT = DbtProject(project_dir=ROOT / "transform", profiles_dir=ROOT / "transform")
DBT = DbtCliResource(project_dir=PROJECT, dbt_executable=str(BIN / "dbt"))


@cache
def manifest() -> dict[str, Any]:
    """dbt's manifest. Raises `FileNotFoundError` if it has not been created."""
    path = PROJECT.manifest_path
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing; create it with `make manifest`")
    return dict(json.loads(path.read_text(encoding="utf-8")))


def source_tables() -> list[dg.AssetKey]:
    """The tables that dbt reads from all sources."""
    return [
        dg.AssetKey([table["source_name"], table["name"]])
        for table in manifest()["sources"].values()
    ]


def tables_of(sources: Iterable[str]) -> dict[str, list[dg.AssetKey]]:
    """The tables that dbt reads from these sources, by source."""
    return {name: [key for key in source_tables() if key.path[0] == name] for name in sources}
