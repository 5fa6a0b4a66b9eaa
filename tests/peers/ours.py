"""`platform-new update FOLDER`, with given texts instead of rendered templates.

The arguments are a file with the texts, and the folder.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from platform_new import __version__, flow
from platform_new.cli import main
from platform_new.merge import baseline
from platform_new.merge.update import FreshRender

given = json.loads(Path(sys.argv[1]).read_text())
base = baseline.dump(baseline.Baseline(__version__, given["texts"], frozenset(given["executable"])))
moves = {new: (old,) for new, old in given["moves"].items()}
flow.render_current = lambda *_: FreshRender("acme", base, moves)
sys.exit(main(["update", sys.argv[2]]))
