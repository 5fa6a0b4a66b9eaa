"""A copy of the templates that a test may change."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from platform_new.catalog import template_root


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with `template/` and `copier.yml`, as `load_catalog` expects it."""
    root = tmp_path / "root"
    shutil.copytree(
        template_root() / "template", root / "template", ignore=shutil.ignore_patterns(".*_cache", "__pycache__")
    )
    shutil.copy(template_root() / "copier.yml", root)
    return root
