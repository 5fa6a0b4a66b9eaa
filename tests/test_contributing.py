"""The steps in CONTRIBUTING.md work as described."""

from __future__ import annotations

import re
import shutil
import textwrap
from pathlib import Path

import pytest

from platform_new import flow
from platform_new.catalog import load_catalog, template_root
from platform_new.samples import sample_source
from platform_new.spec.models import Platform, Spec

GUIDE = template_root() / "CONTRIBUTING.md"
STEP = re.compile(r"^   `(template/\S+)`\n\n   ```\w+\n(.*?)^   ```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def with_motherduck(tmp_path: Path):
    """A copy of the templates after the steps of the guide."""
    root = tmp_path / "root"
    shutil.copytree(template_root() / "template", root / "template")
    shutil.copy(template_root() / "copier.yml", root)
    steps = STEP.findall(GUIDE.read_text(encoding="utf-8"))
    assert len(steps) == 3
    for path, text in steps:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(textwrap.dedent(text), encoding="utf-8")
    return load_catalog(root)


def test_a_warehouse_is_added_by_the_three_files_of_the_guide(with_motherduck, tmp_path):
    assert "motherduck" in with_motherduck.axes["warehouse"].choices
    spec = Spec(platform=Platform(name="acme", warehouse="motherduck"), sources=(sample_source("shop"),))
    created = flow.create(tmp_path / "acme", spec, git=False, catalog=with_motherduck)
    assert "MOTHERDUCK_DATABASE" in (created.folder / "transform/profiles.yml").read_text()
    assert "MOTHERDUCK_DATABASE" in (created.folder / ".env.example").read_text()


@pytest.mark.exhaustive
def test_the_platform_of_the_guide_runs_green(with_motherduck, tmp_path, make):
    spec = Spec(platform=Platform(name="acme", warehouse="motherduck"), sources=(sample_source("shop"),))
    created = flow.create(tmp_path / "acme", spec, git=False, catalog=with_motherduck)
    assert make(created.folder, "run").returncode == 0
