"""Where the public schemas are, with experts' answers and the program that creates their tables."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(os.environ.get("PLATFORM_NEW_SCHEMAS", Path(__file__).parents[2] / "shared" / "schemas"))
PROGRAM = FOLDER / "score.py"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))
"""The schemas that are there."""
