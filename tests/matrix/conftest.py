"""Runs what asks for a `configuration` on each of the matrix, and for one `executed` on each that is run."""

from __future__ import annotations

from configurations import CONFIGURATIONS, EXECUTED


def pytest_generate_tests(metafunc) -> None:
    """Run what asks for one on each of them."""
    for name, configurations in (("configuration", CONFIGURATIONS), ("executed", EXECUTED)):
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, configurations, ids=["-".join(each.values()) for each in configurations])
