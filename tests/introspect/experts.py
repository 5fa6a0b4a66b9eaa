"""Scores the proposals against experts' answers for public schemas, and writes the figures to the docs.

`python tests/introspect/experts.py` measures anew and rewrites the table in `docs/modelling-accuracy.md`.
"""

from __future__ import annotations

import datetime
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "modelling-accuracy.md"
COMMAND = "python tests/introspect/experts.py"
TABLE = re.compile(r"(?s)(?<=<!-- figures -->\n).*?(?=<!-- end of figures -->)")


@dataclass(frozen=True)
class Figure:
    """A figure: what it says, and the numbers of a schema that it is the share or (without `of`) the sum of.

    `floor` is a little below what was measured; a sum may be no more than it.
    """

    says: str
    number: str
    of: str = ""
    floor: float = 0
    mean: bool = False

    def value(self, report: Mapping[str, Mapping[str, int]]) -> float:
        """The share, as the mean of the schemas or of all their tables together, or the sum."""
        schemas = [schema for schema in report.values() if not self.of or schema[self.of]]
        if not self.of:
            return sum(schema[self.number] for schema in schemas)
        if self.mean:
            return sum(schema[self.number] / schema[self.of] for schema in schemas) / len(schemas)
        return sum(schema[self.number] for schema in schemas) / sum(schema[self.of] for schema in schemas)

    def holds(self, value: float) -> bool:
        """Whether a value is on the right side of the floor."""
        return value >= self.floor if self.of else value <= self.floor

    def shown(self, report: Mapping[str, Mapping[str, int]]) -> str:
        """The value as the docs write it."""
        value = self.value(report)
        if not self.of:
            return f"{value:.0f}"
        counts = "" if self.mean else f" ({self._sum(report, self.number)} of {self._sum(report, self.of)})"
        return f"{value:.2f}{counts}"

    @staticmethod
    def _sum(report: Mapping[str, Mapping[str, int]], name: str) -> int:
        return sum(schema[name] for schema in report.values())


FIGURES = (
    Figure("Role of a table as an expert says, mean of the schemas", "roles_right", "roles", 0.95, mean=True),
    Figure("Fact or not, mean of the schemas", "binary_right", "binary", 0.96, mean=True),
    Figure("Role, over all tables", "roles_right", "roles", 0.93),
    Figure("Operational tables recognized", "tech_right", "tech", 0.88),
    Figure("Lines with their header", "lines_found", "lines", 0.83),
    Figure("Lines with a wrong header, or that are none", "lines_wrong", floor=0),
    Figure("Event times of the tables that are facts", "times_of_facts_right", "times_of_facts", 0.95),
    Figure("Event times of all facts that experts name", "times_right", "times", 0.93),
    Figure("Additive measures found", "adds_found", "adds", 0.85),
    Figure("Sums over keys, prices, rates and the like", "adds_bad", floor=0),
)


def measure(folder: Path, server: str) -> dict[str, dict[str, int]]:
    """Score every schema in the folder, in databases on the PostgreSQL server; the figures of each, by its name."""
    tool = Path(sys.executable).with_name("platform-new")
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "report.json"
        schemas = sorted(str(path) for path in folder.glob("*.json"))
        command = [sys.executable, str(folder / "score.py"), *schemas, "--tool", str(tool), "--json", str(out)]
        done = subprocess.run(
            command, env={**os.environ, "PGBASE": server}, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
        return json.loads(out.read_text())


def table(report: Mapping[str, Mapping[str, int]], day: datetime.date) -> str:
    """The figures as a table of Markdown."""
    return "".join(f"{line}\n" for line in _lines(report, day))


def page_figures(text: str) -> list[str]:
    """The figures that the page states, in the order of `FIGURES`."""
    found = TABLE.search(text)
    return re.findall(r"(?m)^\| [^|]+ \| ([\d.]+)[^|]*\|$", found[0]) if found else []


def _lines(report: Mapping[str, Mapping[str, int]], day: datetime.date) -> Iterable[str]:
    tables = sum(schema["tables"] for schema in report.values())
    yield f"Measured on {day.isoformat()}: {len(report)} schemas with {tables} tables, keys declared."
    yield ""
    yield "| Figure | Measured |"
    yield "|---|---|"
    for figure in FIGURES:
        yield f"| {figure.says} | {figure.shown(report)} |"


def main() -> None:
    """Measure, and rewrite the table in the docs."""
    sys.path.insert(0, str(ROOT / "tests"))
    import public_schemas
    import servers

    report = measure(public_schemas.FOLDER, servers.server_url("postgres"))
    written = table(report, datetime.date.today())
    PAGE.write_text(TABLE.sub(lambda _: written, PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(written)


if __name__ == "__main__":
    main()
