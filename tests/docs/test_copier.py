"""docs/copier.md: the checkout is a copier template."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from pages import ROOT

from platform_new import flow
from platform_new.samples import sample_source, sample_text
from platform_new.spec.models import Platform, Spec

pytestmark = pytest.mark.proof

CHOICES = [{}, {"modeling": "obt", "orchestrator": "none", "ci": "none"}, {"processing": "kappa"}]


@pytest.mark.parametrize("choices", CHOICES)
def test_copier_gives_the_repository_that_platform_new_gives(tmp_path: Path, choices: dict[str, str]):
    data = [word for axis, choice in choices.items() for word in ("--data", f"{axis}={choice}")]
    command = [sys.executable, "-m", "copier", "copy", "--trust", "--defaults", "--quiet", *data]
    done = subprocess.run([*command, str(ROOT), "acme"], cwd=tmp_path, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    platform, name = Platform(name="acme", **choices), "sensors" if "processing" in choices else "shop"
    kind = "event_sources" if "processing" in choices else "sources"
    spec = Spec(platform=platform, **{kind: (sample_source(name),)})
    ours = flow.create(tmp_path / "ours" / "acme", spec, source_texts={name: sample_text(name)}, git=False)
    assert files(tmp_path / "acme") == files(ours.folder)


def files(folder: Path) -> dict[str, bytes]:
    """The content of every file below a folder, by its path."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
