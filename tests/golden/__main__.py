"""Accept the generated repositories: rewrite the golden trees."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from tests.golden.trees import FOLDER, LEFT_OUT, PLATFORMS, differences, generated, texts

for name in PLATFORMS:
    with tempfile.TemporaryDirectory() as scratch:
        current = generated(name, Path(scratch) / name)
        changed = sum(1 for _ in differences(texts(FOLDER / name), current))
        for path in LEFT_OUT:
            (Path(scratch) / name / path).unlink()
        shutil.rmtree(FOLDER / name, ignore_errors=True)
        shutil.copytree(Path(scratch) / name, FOLDER / name)
    print(f"tests/golden/{name}: {changed} of {len(current)} files changed")
