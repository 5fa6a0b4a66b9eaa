"""Record the terminal session in the README as `docs/demo.svg`: real commands and their real output.

    .venv/bin/python scripts/record_demo.py

The session generates the built-in sample platform in a temporary folder and runs it. Every line of the picture is
output of the commands. Recording fails if the output names this machine, its user or one of its folders.
"""

from __future__ import annotations

import getpass
import io
import os
import re
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "demo.svg"
SESSION = ("platform-new acme --yes", "cd acme && make run")
"""The typed lines. Each starts in the folder where the previous line ended."""

WIDTH = 90
FONT_FACES = re.compile(r"\s*@font-face \{.*?\}\n", re.DOTALL)
FONTS = "DejaVu Sans Mono, Menlo, Consolas"
"""Local fonts, because Rich refers to a web font on another server."""


def main() -> None:
    """Run the session and write the picture. Exits if a command fails or the output names this machine."""
    with tempfile.TemporaryDirectory() as scratch:
        steps = recorded(Path(scratch).resolve())
    PICTURE.write_text(_drawn(steps), encoding="utf-8")
    print(f"Wrote {PICTURE.relative_to(ROOT)}.")


def recorded(folder: Path) -> list[tuple[str, str]]:
    """Each line of the session with its output, run in an empty folder. Exits like `main`."""
    steps = [(line, _run(line, folder, SESSION[:number])) for number, line in enumerate(SESSION)]
    output = "\n".join(text for _, text in steps)
    if found := [name for name in _identifying_names(folder) if name in output]:
        sys.exit(f"The output names this machine: {', '.join(found)}")
    return steps


def _run(line: str, folder: Path, before: tuple[str, ...]) -> str:
    """The output of a line, run in the folder where the previous lines ended."""
    moves = [part for earlier in before for part in earlier.split(" && ") if part.startswith("cd ")]
    environment = {name: os.environ[name] for name in ("HOME", "LANG", "UV_CACHE_DIR") if name in os.environ}
    # The folder of this Python comes first on the path, so that the tool under test is recorded.
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = ["bash", "-c", " && ".join([*moves, line])]
    done = subprocess.run(command, cwd=folder, env=environment, text=True, capture_output=True, check=False)
    if done.returncode:
        sys.exit(f"`{line}` ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return f"{done.stdout}{done.stderr}".rstrip("\n")


def _identifying_names(folder: Path) -> set[str]:
    names = {str(folder), str(ROOT), str(Path.home()), getpass.getuser(), socket.gethostname()}
    # Short, common words, such as the user `root`, identify nothing.
    return {name for name in names if len(name) > 4}


def _drawn(steps: list[tuple[str, str]]) -> str:
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    for line, output in steps:
        console.print(Text.assemble(("$ ", "bold green"), (line, "bold")))
        console.print(Text(output))
        console.print()
    picture = console.export_svg(title="From an empty folder to a green data platform")
    return FONT_FACES.sub("\n", picture).replace("Fira Code", FONTS)


if __name__ == "__main__":
    main()
