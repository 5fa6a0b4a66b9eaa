"""Runs what asks for a `configuration` on each of the matrix; a proof needs a few that hold every choice."""

from __future__ import annotations

import pytest
from configurations import CONFIGURATIONS, PROOF


def pytest_generate_tests(metafunc) -> None:
    """Run what asks for a `configuration` on each; `executed` is one that is also run, most of them exhaustively."""
    ids = ["-".join(each.values()) for each in CONFIGURATIONS]
    if "configuration" in metafunc.fixturenames:
        metafunc.parametrize("configuration", CONFIGURATIONS, ids=ids)
    if "executed" in metafunc.fixturenames:
        marks = [[] if each in PROOF else [pytest.mark.exhaustive] for each in CONFIGURATIONS]
        executed = [pytest.param(each, marks=more) for each, more in zip(CONFIGURATIONS, marks, strict=True)]
        metafunc.parametrize("executed", executed, ids=ids)
