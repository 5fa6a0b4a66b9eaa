"""Streams that are replayed, and what is said where they cannot go on."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import environment as environments
import pytest

from platform_new import flow

pytestmark = [pytest.mark.exhaustive, pytest.mark.xdist_group("broker")]

PROGRAM = Path(__file__).parent / "mend.py"
RUNBOOKS = Path(__file__).parents[2] / "template/processing/streaming/docs/runbooks"
MESSAGES = 600


@pytest.fixture(scope="module")
def disk(tmp_path_factory) -> Iterator[Path | None]:
    """A disk with room for little more than empty tables; None for who may not mount one."""
    folder = tmp_path_factory.mktemp("disk")
    command = ["mount", "-t", "tmpfs", "-o", "size=300k", "platform-new-test", folder]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        yield None
        return
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture(scope="module")
def mended(tmp_path_factory, stream_environment, kafka, disk) -> dict[str, object]:
    """What `mend.py` says of a repository."""
    folder = tmp_path_factory.mktemp("replay") / "acme"
    flow.create(folder, environments.sample_streams("acme"), git=False)
    for name in environments.STREAM_PARTS:
        (folder / name).symlink_to(stream_environment / name)
    env = environments.clean({"WEB_URL": kafka.servers, "PYTHONPATH": str(folder)})
    command = [folder / ".venv-stream/bin/python", PROGRAM, *([disk] if disk else [])]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\tat " not in done.stdout + done.stderr, "a trace of Java is shown"
    return json.loads(done.stdout.splitlines()[-1])


def test_a_replay_from_the_topic_makes_the_same_rows_after_one_that_was_killed(mended):
    figures, late = mended["made"]

    assert figures and late
    assert mended["replayed from the topic"] == mended["made"]
    assert "rows replayed from topic web.page-views.v1" in mended["replay"]


def test_a_replay_makes_the_same_rows_where_the_topic_has_lost_its_messages(mended):
    assert mended["replayed from the lake"] == mended["made"]
    assert "rows replayed from the table of web.page_views" in mended["replay after retention"]


def test_the_job_goes_on_after_a_replay(mended):
    assert mended["counted in the end"] == 2 * MESSAGES


def test_a_job_whose_disk_was_full_goes_on_once_there_is_room(mended, disk):
    if disk is None:
        pytest.skip("only who may mount file systems can try this")
    assert mended["full disk"].startswith("error: The disk is full: ")
    assert mended["made on a disk that was full"] == mended["made"]


@pytest.mark.parametrize(
    ("what", "reason", "page"),
    [
        ("replay without a lake", "has lost messages of that time", "replay-impossible"),
        ("damaged checkpoint", "The checkpoint", "checkpoint-lost"),
        ("no checkpoint", "it is gone, but its tables have", "checkpoint-lost"),
        ("older checkpoint", "it ends with batch 1, but its tables with batch 3", "checkpoint-lost"),
        ("messages gone", "has lost messages that were not read yet", "messages-gone"),
        ("no topic", "has no topic web.page-views.v1", "topic-missing"),
        ("topic created again", "was deleted and created again", "messages-gone"),
        ("no broker", "No broker answers at 127.0.0.1:1", "broker-unreachable"),
    ],
)
def test_what_is_in_the_way_is_said_in_a_line_that_names_its_page(mended, what, reason, page):
    said = mended[what]

    assert said.startswith("error: ") and reason in said
    assert said.endswith(f"See docs/runbooks/{page}.md.")
    assert "\n" not in said
    assert (RUNBOOKS / f"{page}.md").is_file()
