"""A shell completes commands, flags and choices."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from platform_new.cli.app import COMMANDS


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", set(COMMANDS)),
        ("ch", {"check", "choices"}),
        ("acme --ware", {"--warehouse"}),
        ("acme --warehouse ", {"duckdb", "ducklake", "postgres", "snowflake"}),
        ("new acme --modeling o", {"obt"}),
        ("acme --sample ", {"checkout", "none", "sensors", "shop", "web"}),
        ("choices wa", {"warehouse"}),
        ("schema s", {"source"}),
    ],
)
def test_bash_completes(words, expected, completed):
    assert completed(words) == expected


def test_the_completion_script_can_be_shown():
    variables = {"_PLATFORM_NEW_COMPLETE": "source_bash"}
    done = subprocess.run(
        [sys.executable, "-m", "platform_new"],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "complete -o default -F _platform_new_completion platform-new" in done.stdout
