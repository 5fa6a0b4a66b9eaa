"""Pin the requirements of every card together, in `template/base/constraints.txt`.

All choices share one set of pins, so that a repository can change a choice without changing other versions, and so that
the tests of this project cover every version that a repository gets.

    python scripts/lock.py            # keeps pins that still fit
    python scripts/lock.py --upgrade  # upgrades to the newest versions that fit
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[1]
CONSTRAINTS = ROOT / "template" / "base" / "constraints.txt"
OLDEST_PYTHON = "3.10"
HEADER = """\
# The exact versions of everything that any command installs, for Python 3.10 to 3.13,
# tested together. `make lock` resolves them again from pyproject.toml.
"""


def requirements() -> list[str]:
    """The requirements of all cards, sorted."""
    yaml = YAML(typ="safe")
    found: set[str] = set()
    for path in (ROOT / "template").rglob("choice.yml"):
        card = yaml.load(path.read_text(encoding="utf-8"))
        for packages in (card.get("requires") or {}).values():
            found.update(packages)
    return sorted(found)


def lock(arguments: list[str]) -> None:
    """Resolve the requirements and write the constraints; `arguments` go to uv."""
    command = ["uv", "pip", "compile", "-", "--universal", "--python-version", OLDEST_PYTHON]
    command += ["--no-header", "--no-annotate", "--quiet", "--output-file", str(CONSTRAINTS), *arguments]
    subprocess.run(command, input="\n".join(requirements()), text=True, check=True)
    pins = CONSTRAINTS.read_text(encoding="utf-8")
    CONSTRAINTS.write_text(HEADER + pins, encoding="utf-8")


if __name__ == "__main__":
    lock(sys.argv[1:])
