"""Record the terminal session of the README: real commands, their real output, drawn as `docs/demo.svg`.

    .venv/bin/python scripts/record_demo.py

The session generates the built-in sample platform in a temporary folder and runs it. Every line of the picture is what
the commands printed; it is refused if that names this machine, its user or one of its folders.
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
"""What is typed. Each line starts where the one before it ended."""

WIDTH = 84
FONT_FACES = re.compile(r"\s*@font-face \{.*?\}\n", re.DOTALL)
FONTS = "DejaVu Sans Mono, Menlo, Consolas"
"""Rich names a font on a server of others; fonts that the reader has do as well."""


def main() -> None:
    """Run the session and write the picture. Exits if a command fails or the output names this machine."""
    with tempfile.TemporaryDirectory() as scratch:
        steps = recorded(Path(scratch).resolve())
    PICTURE.write_text(_drawn(steps), encoding="utf-8")
    print(f"Wrote {PICTURE.relative_to(ROOT)}.")


def recorded(folder: Path) -> list[tuple[str, str]]:
    """Each line of the session with what it printed, run in an empty folder. Exits as `main` does."""
    steps = [(line, _run(line, folder, SESSION[:number])) for number, line in enumerate(SESSION)]
    output = "\n".join(text for _, text in steps)
    if found := [word for word in _private_words(folder) if word in output]:
        sys.exit(f"The output names this machine: {', '.join(found)}")
    return steps


def _run(line: str, folder: Path, before: tuple[str, ...]) -> str:
    """The output of a line, in the folder to which the lines before it have led."""
    moves = [part for earlier in before for part in earlier.split(" && ") if part.startswith("cd ")]
    environment = {name: os.environ[name] for name in ("HOME", "LANG", "UV_CACHE_DIR") if name in os.environ}
    # The folder of this Python comes first, so that the tool under test is the one that is recorded.
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = ["bash", "-c", " && ".join([*moves, line])]
    done = subprocess.run(command, cwd=folder, env=environment, text=True, capture_output=True, check=False)
    if done.returncode:
        sys.exit(f"`{line}` ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return f"{done.stdout}{done.stderr}".rstrip("\n")


def _private_words(folder: Path) -> set[str]:
    words = {str(folder), str(ROOT), str(Path.home()), getpass.getuser(), socket.gethostname()}
    # A word that is everybody's (the user `root`) is none's.
    return {word for word in words if len(word) > 4}


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
