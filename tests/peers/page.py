"""The table of docs/update-compared.md: its current and its expected content."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from .engines import ENGINES, PEERS
from .judge import WORDS

PAGE = Path(__file__).parents[2] / "docs" / "update-compared.md"
MEASURED = re.compile(r"(<!-- measured -->\n).*(<!-- end -->)", re.DOTALL)
ROW = re.compile(r"^\| (.+) \|$", re.MULTILINE)
Columns = Mapping[str, Mapping[str, str]]
"""For each engine, the outcome of each case by its title."""


def write(columns: Columns) -> None:
    """Write the measurements into the page, with the current date."""
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(MEASURED.sub(lambda found: f"{found[1]}{measured(columns)}{found[2]}", text), encoding="utf-8")


def measured(columns: Columns) -> str:
    """The measured part of the page."""
    names = [engine.name for engine in ENGINES]
    git = subprocess.run(["git", "--version"], capture_output=True, text=True, check=True).stdout.split()[2]
    versions = ", ".join((*(peer.replace("==", " ") for peer in PEERS), f"git {git}"))
    rows = [["What the team did", *names], ["---"] * (len(names) + 1)]
    rows += [[title, *(columns[name][title] for name in names)] for title in columns[names[0]]]
    table = "".join(f"| {' | '.join(row)} |\n" for row in rows)
    words = "".join(f"- **{word}**: {meaning}.\n" for word, meaning in WORDS.items())
    return f"Measured on {date.today()} with {versions}.\n\n{table}\n{words}"


def said() -> dict[str, dict[str, str]]:
    """The columns of the table in the page."""
    header, _, *rows = [row.split(" | ") for row in ROW.findall(PAGE.read_text(encoding="utf-8"))]
    return {name: {row[0]: row[number] for row in rows} for number, name in enumerate(header[1:], start=1)}
