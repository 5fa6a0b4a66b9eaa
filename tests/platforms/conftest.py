"""The platforms under test.

All tests of a platform share its runs. Run pytest-xdist with `--dist loadgroup`, so that one worker has all tests of a
platform.
"""

from __future__ import annotations

import shutil

import pytest
import source_data
from made import Platform

DATA_SETS = ("chinook", "pagila", "northwind", "jaffle_shop", "sakila")
PLATFORMS = (
    *((data_set, "star", "postgres") for data_set in DATA_SETS),
    ("chinook", "snowflake", "postgres"),
    ("sakila", "obt", "postgres"),
    ("pagila", "star", "ducklake"),
)
"""Each data set in a star, one in each other style, and one in each other production warehouse."""
PROOF = {("jaffle_shop", "star", "postgres")}
"""The smallest data set; the random histories of the proof also load incrementally, and from other engines."""


def _platform(*platform: str):
    name = "-".join(platform).removesuffix("-postgres")
    depth = [] if platform in PROOF else [pytest.mark.exhaustive]
    return pytest.param(platform, marks=[pytest.mark.xdist_group(name), *depth], id=name)


@pytest.fixture(scope="session", params=[_platform(*each) for each in PLATFORMS])
def platform(request):
    """A platform of a data set in a style, with a production warehouse."""
    yield from _created(request, *request.param)


@pytest.fixture(scope="session")
def by_make(request):
    """A platform of the smallest data set, whose first run is what an orchestrator has to match."""
    yield from _created(request, "jaffle_shop", "star")


def _created(request, data_set: str, style: str, warehouse: str = "postgres"):
    datasets, make, postgres = map(request.getfixturevalue, ("datasets", "make", "postgres_url"))
    server = request.getfixturevalue("mariadb_url") if data_set == "sakila" else postgres
    database = source_data.load(data_set, datasets, server, source_data.fresh_name(f"{data_set}_{style}"))
    url = source_data.create(postgres, source_data.fresh_name("warehouse"))
    folder = request.getfixturevalue("tmp_path_factory").mktemp(f"{data_set}_{style}")
    yield Platform(database, style, folder, url, make, warehouse)
    shutil.rmtree(folder, ignore_errors=True)
