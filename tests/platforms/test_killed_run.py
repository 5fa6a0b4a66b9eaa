"""A run that is killed at any time and then repeated leaves the same tables as an undisturbed run."""

from __future__ import annotations

import re
import shutil
import time
from collections import Counter
from datetime import datetime, timezone

import pytest
import shop
import source_data
from made import generate, state_of
from warehouse import Contents, differences

pytestmark = pytest.mark.exhaustive

MOMENTS = 6
SURROGATE = re.compile("[0-9a-f]{32}")


@pytest.fixture(
    scope="module",
    params=[pytest.param(start, marks=pytest.mark.xdist_group(f"kill-{start}")) for start in ("fresh", "loaded")],
)
def undisturbed(request, postgres_url, make, tmp_path_factory):
    """A repository whose next run has much to do, its `data` before that run, the result, and the run's seconds.

    The last item is the start time.
    """
    folder = tmp_path_factory.mktemp(request.param)
    url = source_data.create(postgres_url, source_data.fresh_name("shop"))
    env = {"SHOP_URL": url}
    began = now()
    shop.happen(url, shop.OPENED)
    repository = generate(folder / "acme", "--spec", str(shop.spec_file(folder)))
    if request.param == "loaded":
        assert make(repository, "run", env=env).returncode == 0
        shutil.copytree(repository / "data", folder / "data")
    else:
        (folder / "data").mkdir()
    shop.happen(url, shop.MOVED_ON)
    started = time.monotonic()
    state = state_of(make(repository, "run", env=env), repository, folder / "state")
    assert state.green
    return repository, folder / "data", env, timeless(state.contents, began), time.monotonic() - started, began


def now() -> datetime:
    """The current time in UTC without a zone, like the times in the warehouse."""
    return datetime.now(timezone.utc).replace(tzinfo=None)


def timeless(contents: Contents, began: datetime) -> Contents:
    """The rows without the values that depend on the time of the run: a deleted row's version ends at the run.

    These times are also in the surrogate keys of versions, and so in the facts.
    """

    def of_a_run(value: object) -> object:
        return "the time of a run" if isinstance(value, datetime) and began <= value <= now() else value

    versions = {}
    for (_, table), rows in contents.items():
        for row in rows if table.startswith("dim_") else ():
            known = tuple(map(of_a_run, row))
            if known != row:
                keys = [value for value in row if isinstance(value, str) and SURROGATE.fullmatch(value)]
                versions |= dict.fromkeys(keys, f"version of {[value for value in known if value not in keys]}")

    def stable(row: tuple) -> tuple:
        return tuple(
            versions.get(value, of_a_run(value)) if isinstance(value, str | datetime) else value for value in row
        )

    return {table: Counter(map(stable, rows.elements())) for table, rows in contents.items()}


@pytest.mark.parametrize("moment", range(MOMENTS))
def test_a_killed_run_can_be_repeated(undisturbed, moment, make, tmp_path):
    repository, data, env, expected, seconds, began = undisturbed
    shutil.rmtree(repository / "data")
    shutil.copytree(data, repository / "data")
    after = seconds * (moment + 0.5) / MOMENTS
    # `timeout` kills the whole process group, itself included.
    killed = make(repository, "run", env=env, before=["timeout", "--signal=KILL", f"{after:.2f}"])
    assert killed.returncode in (-9, 0)
    again = state_of(make(repository, "run", env=env), repository, tmp_path / "state")
    assert again.green
    assert differences(expected, timeless(again.contents, began)) == {}
