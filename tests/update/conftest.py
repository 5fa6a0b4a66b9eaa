"""Generated repositories for the tests of updates: generated once, copied for each test."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from repositories import Repository, copy_of, make_repository


@pytest.fixture(scope="session")
def generated(tmp_path_factory) -> Repository:
    """A generated repository; it is copied, never changed."""
    return make_repository(tmp_path_factory.mktemp("generated") / "acme")


@pytest.fixture
def repository(generated, tmp_path) -> Repository:
    """A fresh copy of the generated repository."""
    return copy_of(generated, tmp_path / "acme")
