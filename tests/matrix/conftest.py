"""Runs what asks for a `configuration` on each of the matrix."""

from __future__ import annotations

from configurations import CONFIGURATIONS


def pytest_generate_tests(metafunc) -> None:
    """Run what asks for a `configuration` on each of them."""
    if "configuration" in metafunc.fixturenames:
        metafunc.parametrize("configuration", CONFIGURATIONS, ids=["-".join(each.values()) for each in CONFIGURATIONS])
