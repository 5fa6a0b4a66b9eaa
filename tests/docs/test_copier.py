"""docs/copier.md: the checkout is a template for people who know copier."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from pages import ROOT

from platform_new import flow
from platform_new.samples import sample_source, sample_text
from platform_new.spec.models import Platform, Spec


@pytest.mark.parametrize("choices", [{}, {"modeling": "obt", "orchestrator": "none", "ci": "none"}])
def test_copier_gives_the_repository_that_platform_new_gives(tmp_path: Path, choices: dict[str, str]):
    data = [word for axis, choice in choices.items() for word in ("--data", f"{axis}={choice}")]
    command = [sys.executable, "-m", "copier", "copy", "--trust", "--defaults", "--quiet", *data]
    done = subprocess.run([*command, str(ROOT), "acme"], cwd=tmp_path, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    spec = Spec(platform=Platform(name="acme", **choices), sources=(sample_source("shop"),))
    ours = flow.create(tmp_path / "ours" / "acme", spec, source_texts={"shop": sample_text("shop")}, git=False)
    assert files(tmp_path / "acme") == files(ours.folder)


def files(folder: Path) -> dict[str, bytes]:
    """The content of every file below a folder, by its path."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
