"""A run that is killed at any moment and then repeated leaves the same tables as one that nobody disturbed."""

from __future__ import annotations

import shutil
import time

import pytest
import shop
import source_data
from made import generate, state_of
from warehouse import differences

pytestmark = pytest.mark.exhaustive

MOMENTS = 6


@pytest.fixture(
    scope="module",
    params=[pytest.param(start, marks=pytest.mark.xdist_group(f"kill-{start}")) for start in ("fresh", "loaded")],
)
def undisturbed(request, postgres_url, make, tmp_path_factory):
    """A repository whose next run has much to do, its `data` before that run, what the run leaves, and its seconds."""
    folder = tmp_path_factory.mktemp(request.param)
    url = source_data.create(postgres_url, source_data.fresh_name("shop"))
    env = {"SHOP_URL": url}
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
    return repository, folder / "data", env, state, time.monotonic() - started


@pytest.mark.parametrize("moment", range(MOMENTS))
def test_a_killed_run_can_be_repeated(undisturbed, moment, make, tmp_path):
    repository, data, env, expected, seconds = undisturbed
    shutil.rmtree(repository / "data")
    shutil.copytree(data, repository / "data")
    after = seconds * (moment + 0.5) / MOMENTS
    # `timeout` kills the whole process group, itself included.
    killed = make(repository, "run", env=env, before=["timeout", "--signal=KILL", f"{after:.2f}"])
    assert killed.returncode in (-9, 0)
    again = state_of(make(repository, "run", env=env), repository, tmp_path / "state")
    assert again.green
    assert differences(expected.contents, again.contents) == {}
