"""The same edits and template changes under four ways to update: ours, copier's, cruft's and a plain git merge.

    .venv/bin/python -m tests.peers

runs every case of `cases.py` and writes the table of docs/update-compared.md.
"""

import sys
from pathlib import Path

# The repositories of the update's own tests serve here too.
sys.path.insert(0, str(Path(__file__).parents[1] / "update"))
