"""Killed at any moment, the tool leaves a whole repository or none."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

COMMAND = [sys.executable, "-m", "platform_new", "acme", "--yes"]


def start(here):
    return subprocess.Popen(COMMAND, cwd=here, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def killed_when_something_is_written(here, number):
    """The tool, sent a signal as soon as there are files somewhere in the folder."""
    process = start(here)
    while process.poll() is None and not any(path.is_file() for path in here.rglob("*")):
        time.sleep(0.001)
    process.send_signal(number)
    process.wait()
    return process


def assert_whole_or_none(here):
    if (here / "acme").exists():
        git = ["git", "-C", str(here / "acme"), "status", "--porcelain"]
        assert subprocess.run(git, capture_output=True, text=True, check=True).stdout == ""
        assert (here / "acme/platform.yml").is_file()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_in_the_midst_of_writing_leaves_nothing(here, number):
    process = killed_when_something_is_written(here, number)
    assert process.returncode == {signal.SIGINT: 130, signal.SIGTERM: 143}[number]
    assert list(here.iterdir()) == []


def test_what_a_killed_run_left_is_gone_after_the_next(here):
    """Nothing can tidy up at SIGKILL; but there is no half repository, and the next run sweeps."""
    killed_when_something_is_written(here, signal.SIGKILL)
    assert not (here / "acme").exists()
    assert subprocess.run(COMMAND, cwd=here, capture_output=True, check=False).returncode == 0
    assert [path.name for path in here.iterdir()] == ["acme"]


@pytest.mark.slow
@pytest.mark.parametrize("part", range(1, 11))
def test_ten_kills_along_the_way(here, part):
    """At tenths of the time that a whole run takes."""
    began = time.monotonic()
    assert start(here).wait() == 0
    taken = time.monotonic() - began
    subprocess.run(["rm", "-r", str(here / "acme")], check=True)
    process = start(here)
    time.sleep(taken * part / 11)
    process.kill()
    process.wait()
    assert_whole_or_none(here)
