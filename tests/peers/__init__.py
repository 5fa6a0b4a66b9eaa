"""The same edits and template changes with four tools: platform-new, copier, cruft and a plain git merge.

    .venv/bin/python -m tests.peers

runs every case of `cases.py` and writes the table of docs/update-compared.md.
"""

import sys
from pathlib import Path

# Makes the `repositories` module of the update tests importable.
sys.path.insert(0, str(Path(__file__).parents[1] / "update"))
