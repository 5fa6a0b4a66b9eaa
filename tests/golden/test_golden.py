"""What a change of the templates does to whole repositories is seen in `git diff tests/golden`."""

from __future__ import annotations

import pytest
from trees import ACCEPT, FOLDER, PLATFORMS, differences, generated, texts

SHOWN = 5


@pytest.mark.parametrize("name", PLATFORMS)
def test_a_generated_repository_is_as_it_is_kept(name, tmp_path):
    found = list(differences(texts(FOLDER / name), generated(name, tmp_path / name)))
    shown = "\n".join(found[:SHOWN])
    assert not found, f"{len(found)} files differ; if that is meant, `{ACCEPT}` accepts it. The first ones:\n{shown}"


@pytest.mark.parametrize("name", PLATFORMS)
def test_two_generations_are_the_same_byte_for_byte(name, tmp_path):
    one, other = (generated(name, tmp_path / folder / name) for folder in ("one", "other"))
    bases = [(tmp_path / folder / name / ".platform/base.txtar").read_bytes() for folder in ("one", "other")]
    assert one == other and bases[0] == bases[1]
