"""Killed at any time, the tool leaves a complete repository or none."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.proof

ARGUMENTS = ["acme", "--yes"]
COMMAND = [sys.executable, "-m", "platform_new", *ARGUMENTS]
KILLED_AT_A_WRITE = """
import os, runpy, signal, sys

# A shell that runs the tests in the background makes them ignore SIGINT.
signal.signal(signal.SIGINT, signal.default_int_handler)
here, number, left = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
sys.argv[:4] = ["platform-new"]

def count(event, arguments):
    global left
    if event == "open" and str(arguments[0]).startswith(here) and "w" in (arguments[1] or ""):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), number)

sys.addaudithook(count)
runpy.run_module("platform_new", run_name="__main__")
"""
"""The tool, which sends itself a signal when it opens its n-th file below a folder."""


def start(here):
    return subprocess.Popen(COMMAND, cwd=here, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def killed_at_a_write(here, number, write):
    command = [sys.executable, "-c", KILLED_AT_A_WRITE, str(here), str(int(number)), str(write), *ARGUMENTS]
    return subprocess.run(command, cwd=here, capture_output=True, text=True, check=False)


def assert_whole_or_none(here):
    if (here / "acme").exists():
        git = ["git", "-C", str(here / "acme"), "status", "--porcelain"]
        assert subprocess.run(git, capture_output=True, text=True, check=True).stdout == ""
        assert (here / "acme/platform.yml").is_file()


@pytest.mark.parametrize("write", [1, 100])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_during_writing_leaves_nothing(here, number, write):
    process = killed_at_a_write(here, number, write)
    assert process.returncode == {signal.SIGINT: 130, signal.SIGTERM: 143}[number]
    assert list(here.iterdir()) == []


@pytest.mark.parametrize("write", [1, 100])
def test_what_a_killed_run_left_is_gone_after_the_next(here, write):
    """SIGKILL allows no cleanup, but no partial repository remains, and the next run cleans up."""
    assert killed_at_a_write(here, signal.SIGKILL, write).returncode == -signal.SIGKILL
    assert not (here / "acme").exists()
    assert list(here.iterdir()) != []
    assert subprocess.run(COMMAND, cwd=here, capture_output=True, check=False).returncode == 0
    assert [path.name for path in here.iterdir()] == ["acme"]


@pytest.mark.exhaustive
@pytest.mark.parametrize("part", range(1, 11))
def test_ten_kills_along_the_way(here, part):
    """The kills are at tenths of the time that a complete run takes."""
    began = time.monotonic()
    assert start(here).wait() == 0
    taken = time.monotonic() - began
    subprocess.run(["rm", "-r", str(here / "acme")], check=True)
    process = start(here)
    time.sleep(taken * part / 11)
    process.kill()
    process.wait()
    assert_whole_or_none(here)
