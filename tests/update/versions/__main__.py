"""Keep what this version generates, for the tests that later versions update it: to be run once for each release."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).parent
sys.path.insert(0, str(FOLDER.parent))

from repositories import make_repository  # noqa: E402

from platform_new import __version__  # noqa: E402
from platform_new.merge import pristine  # noqa: E402

kept = FOLDER / __version__
if kept.exists():
    sys.exit(f"{kept} is there: what a release has generated is not written anew")
with tempfile.TemporaryDirectory() as scratch:
    made = make_repository(Path(scratch) / "acme").folder
    (kept / "sources").mkdir(parents=True)
    for source, copy in ((pristine.PATH, "base.txtar"), ("platform.yml",) * 2, ("sources/shop.yml",) * 2):
        shutil.copy(made / source, kept / copy)
print(f"{kept} holds what {__version__} generates")
