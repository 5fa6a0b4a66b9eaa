"""Run every case with every engine and write the table of docs/update-compared.md."""

from __future__ import annotations

import sys
from pathlib import Path

from . import kill, page
from .engines import ENGINES, PEERS
from .run import peers_environment, verdicts

environment = peers_environment(Path(__file__).parents[2] / ".cache")
if environment is None:
    sys.exit(f"{', '.join(PEERS)} cannot be installed; the page is unchanged")
columns = {}
for engine in ENGINES:
    print(engine.name, flush=True)
    columns[engine.name] = {**verdicts(engine, environment), **kill.verdicts(engine, environment)}
page.write(columns)
