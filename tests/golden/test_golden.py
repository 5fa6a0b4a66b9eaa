"""`git diff tests/golden` shows the effect of a template change on whole repositories."""

from __future__ import annotations

import pytest
from trees import ACCEPT, FOLDER, PLATFORMS, differences, generated, texts

SHOWN = 5


@pytest.mark.parametrize("name", PLATFORMS)
def test_a_generated_repository_equals_its_golden_tree(name, tmp_path):
    found = list(differences(texts(FOLDER / name), generated(name, tmp_path / name)))
    shown = "\n".join(found[:SHOWN])
    assert not found, f"{len(found)} files differ; if this is intended, run `{ACCEPT}`. The first files:\n{shown}"


@pytest.mark.parametrize("name", PLATFORMS)
def test_two_generations_are_the_same_byte_for_byte(name, tmp_path):
    first, second = (generated(name, tmp_path / folder / name) for folder in ("first", "second"))
    bases = [(tmp_path / folder / name / ".platform/base.txtar").read_bytes() for folder in ("first", "second")]
    assert first == second and bases[0] == bases[1]
