"""Keep the output of this version, so that tests of later versions can update it.

Run it once for each release, and before a change that moves many files, then with a label such as `0.1.0a1`.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).parent
sys.path[:0] = [str(FOLDER.parent), str(FOLDER.parents[1])]

from golden.trees import PLATFORMS  # noqa: E402
from repositories import make_repository  # noqa: E402

from platform_new import __version__, flow  # noqa: E402
from platform_new.merge import baseline  # noqa: E402

label = sys.argv[1] if len(sys.argv) > 1 else __version__
kept = FOLDER / label
if kept.exists():
    sys.exit(f"{kept} exists: the output of a version is kept unchanged")
with tempfile.TemporaryDirectory() as scratch:
    made = {"shop": make_repository(Path(scratch) / "shop").folder}
    for name, spec in PLATFORMS.items():
        made[name] = flow.create(Path(scratch) / name, spec, git=False).folder
    for name, folder in made.items():
        shutil.copytree(folder / "sources", kept / name / "sources")
        shutil.copy(folder / "platform.yml", kept / name)
        shutil.copy(folder / baseline.PATH, kept / name / "base.txtar")
print(f"{kept} holds what {label} generates: {', '.join(made)}")
