"""Runs tests with a `configuration` on the whole matrix; proofs use a few configurations that cover every choice."""

from __future__ import annotations

import pytest
from configurations import CONFIGURATIONS, PROOF


def pytest_generate_tests(metafunc) -> None:
    """Parametrize `configuration`, and `executed` with configurations to run, most of them as exhaustive tests."""
    ids = ["-".join(each.values()) for each in CONFIGURATIONS]
    if "configuration" in metafunc.fixturenames:
        metafunc.parametrize("configuration", CONFIGURATIONS, ids=ids)
    if "executed" in metafunc.fixturenames:
        marks = [[] if each in PROOF else [pytest.mark.exhaustive] for each in CONFIGURATIONS]
        executed = [pytest.param(each, marks=more) for each, more in zip(CONFIGURATIONS, marks, strict=True)]
        metafunc.parametrize("executed", executed, ids=ids)
