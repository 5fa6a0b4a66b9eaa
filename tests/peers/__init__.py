"""The same edits and template changes with four tools: platform-new, copier, cruft and a plain git merge.

    .venv/bin/python -m tests.peers

runs every case of `cases.py` and writes the table of docs/update-compared.md.
"""

import sys
from pathlib import Path

# Makes the shared modules of the tests importable, and the `repositories` module of the update tests.
TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "update")]
