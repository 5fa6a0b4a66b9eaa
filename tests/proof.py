"""Writes what a run of the tests proved: docs/proof.md, counted from the run's own reports."""

from __future__ import annotations

import re
import subprocess
import time
from collections import Counter
from collections.abc import Container, Iterable, Iterator
from datetime import datetime, timezone
from pathlib import Path, PurePosixPath

import pytest

from platform_new.catalog import load_catalog

ROOT = Path(__file__).parents[1]
LEVELS = ("quick", "proof", "exhaustive")
STATUSES = {
    "executed": "a generated repository ran with it",
    "emulated": "a generated repository ran on a stand-in for it",
    "compiled": "its SQL was compiled, and nothing ran",
}
CHECKED = "tests/matrix/test_static.py::test_a_generated_repository_keeps_its_promises["
RUN = "tests/matrix/test_generated.py::test_a_configuration_runs_green_on_sample_data["
"""The tests of the configurations that together hold every pair of choices."""
INTRODUCTION = """\
# Proof

`make prove` runs every test of this project: the quick ones, one real execution of each promise, and the same in depth.
It writes this page when all of them pass, from what the test runner reports.
"""


def level_of(keywords: Container[str]) -> str:
    """The level of a test, from the names of its markers."""
    return next((level for level in ("exhaustive", "proof") if level in keywords), "quick")


class Record:
    """A plugin for pytest that counts what the tests report."""

    def __init__(self, page: Path):
        self.page = page
        self.page_before = page.read_text(encoding="utf-8") if page.exists() else None
        self.passed: Counter[tuple[str, str]] = Counter()
        self.configurations: Counter[str] = Counter()
        self.seconds: Counter[str] = Counter()
        self.skipped: Counter[str] = Counter()
        self.not_collected: set[tuple[str, str]] = set()
        self.began = time.monotonic()

    def pytest_sessionstart(self) -> None:
        """Begin the page, to which others link; the tests of the documentation look for it."""
        self.page.write_text(f"{INTRODUCTION}\nThe run has not ended.\n", encoding="utf-8")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a test by its level and its folder, or by the reason for which it was skipped."""
        level = level_of(report.keywords)
        self.seconds[level] += report.duration
        if report.when == "call" and report.passed:
            self.passed[folder_of(report.nodeid), level] += 1
            self.configurations.update(test for test in (CHECKED, RUN) if report.nodeid.startswith(test))
        elif report.skipped:
            self.skipped[reason_of(report)] += 1

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note a module that was skipped as a whole; each worker reports it."""
        if report.skipped:
            self.not_collected.add((report.nodeid, reason_of(report)))

    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config
    ) -> None:
        """Write the page if nothing failed; otherwise leave it as it was."""
        if exitstatus:
            if self.page_before is None:
                self.page.unlink()
            else:
                self.page.write_text(self.page_before, encoding="utf-8")
            terminalreporter.write_line(f"{self.page} was not written, since not every test passed.")
            return
        seed = config.getoption("hypothesis_seed", None)
        self.page.write_text("\n".join(self._lines(seed)) + "\n", encoding="utf-8")
        terminalreporter.write_line(f"{self.page} says what was proved.")

    def _lines(self, seed: object) -> Iterator[str]:
        minutes, seconds = divmod(round(time.monotonic() - self.began), 60)
        yield INTRODUCTION
        yield "| | |\n|---|---|"
        yield f"| commit | `{git('rev-parse', 'HEAD')}` |"
        yield f"| date | {datetime.now(timezone.utc):%Y-%m-%d} |"
        yield f"| time | {minutes} min {seconds} s |"
        if seed is not None:
            yield f"| seed of the random cases | {seed} |"
        yield "\n## Tests that passed\n"
        yield f"| folder | {' | '.join(LEVELS)} |\n|---|{'---:|' * len(LEVELS)}"
        for folder in sorted({folder for folder, _ in self.passed}):
            yield f"| `{folder}` | {' | '.join(str(self.passed[folder, level]) for level in LEVELS)} |"
        totals = [sum(count for (_, each), count in self.passed.items() if each == level) for level in LEVELS]
        yield f"| all | {' | '.join(map(str, totals))} |"
        yield f"| seconds, of all workers together | {' | '.join(f'{self.seconds[level]:.0f}' for level in LEVELS)} |"
        yield from choices()
        checked, run = self.configurations[CHECKED], self.configurations[RUN]
        yield f"\nOf the configurations that together hold every pair of choices, {checked} were checked and {run} run."
        yield from skips(self.skipped, self.not_collected)


def folder_of(nodeid: str) -> str:
    """The folder below `tests/` that a test is in, or the file if it is in none."""
    return PurePosixPath(nodeid.partition("::")[0]).relative_to("tests").parts[0]


def reason_of(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Why something was skipped, without what is on this machine only."""
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return re.sub(r"(?<![\w.])/[^\s;:,]+", "…", reason.removeprefix("Skipped: "))


def choices() -> Iterator[str]:
    """What the choices' cards say was executed, emulated or compiled."""
    yield "\n## Choices\n"
    for status, meaning in STATUSES.items():
        named = [
            f"{axis.label} {', '.join(f'`{name}`' for name in names)}"
            for axis in load_catalog().axes.values()
            if (names := [name for name, choice in axis.choices.items() if choice.status == status])
        ]
        yield f"- *{status}* ({meaning}): {'; '.join(named) or 'none'}"


def skips(skipped: Counter[str], not_collected: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Every reason for which tests were skipped."""
    yield "\n## Skipped tests\n"
    lines = [f"- {count} × {reason}" for reason, count in sorted(skipped.items())]
    lines += [f"- all of `{module}`: {reason}" for module, reason in sorted(not_collected)]
    yield from lines or ["None."]


def git(*arguments: str) -> str:
    """What git says of this repository, or that there is none."""
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else "no git repository"
