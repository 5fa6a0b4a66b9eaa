"""The page of reviewed models names the marts, columns and keys that are proposed for these databases."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import uuid
from pathlib import Path

import psycopg
import public_schemas
import pytest

from platform_new.catalog import load_catalog
from platform_new.introspect import introspect
from platform_new.plan import make_plan
from platform_new.spec.models import Platform, Spec

pytestmark = pytest.mark.exhaustive
PAGE = Path(__file__).parents[2] / "docs" / "reviewed-models.md"
DATA_SETS = {
    "Sakila and Pagila": "pagila",
    "Northwind": "northwind",
    "Jaffle shop": "jaffle_shop",
    "Chinook": "chinook",
}
SCHEMAS = {"Lago": "lago", "OMOP": "omop", "Danbooru": "danbooru"}
MART = re.compile(r"`((?:fct|dim|bridge)_\w+)(?:\.(\w+))?`")
ARROW = re.compile(r"^    (\w+) \|\|--o\{ (\w+) : (\w+)$", re.M)


def sections() -> dict[str, str]:
    """The text of each database, by its name."""
    parts = re.split(r"(?m)^## ", PAGE.read_text(encoding="utf-8"))[1:]
    return {part.partition(":")[0]: part for part in parts}


def proposed_part(section: str) -> str:
    """The section without the first column of its tables, which has the published warehouse."""
    return re.sub(r"(?m)^\|[^|]*\|", "|", section)


@pytest.fixture(params=[*DATA_SETS, *SCHEMAS])
def reviewed(request, postgres_url):
    """The section of a database and the marts that are planned for it."""
    name = f"reviewed_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(f"{postgres_url}/postgres", autocommit=True) as connection:
        connection.execute(f"create database {name}")
    url = f"{postgres_url}/{name}"
    if request.param in DATA_SETS:
        folder = request.getfixturevalue("datasets")
        subprocess.run([folder / DATA_SETS[request.param] / "load.sh", url], check=True, capture_output=True)
    else:
        schema = request.getfixturevalue("schemas") / f"{SCHEMAS[request.param]}.json"
        command = [sys.executable, str(public_schemas.PROGRAM), str(schema), "--db-only", url]
        subprocess.run(command, env={**os.environ, "PGBASE": postgres_url}, check=True, capture_output=True)
    source = introspect(url).source
    plan = make_plan(Spec(platform=Platform(name="reviewed", modeling="star"), sources=(source,)), load_catalog())
    return sections()[request.param], {mart.name: mart for mart in plan.marts}


def test_the_page_names_what_is_proposed(reviewed):
    section, marts = reviewed
    named = MART.findall(proposed_part(section))
    assert named
    for mart, column in named:
        assert mart in marts, f"there is no {mart}"
        assert not column or column in {each.name for each in marts[mart].columns}, f"there is no {mart}.{column}"
    for dimension, mart, key in ARROW.findall(section):
        refers_to = {column.name: column.refers_to for column in marts[mart].columns}
        assert refers_to.get(key, ("nothing",))[0] == dimension, f"{mart}.{key} does not refer to {dimension}"


def test_every_database_of_the_page_is_checked():
    assert set(sections()) == {*DATA_SETS, *SCHEMAS}
