"""Writes docs/proof.md, which shows what a test run proved, from the reports of the run."""

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
"""The tests of the configurations that cover every pair of choices, and every pair that a run uses."""
INTRODUCTION = """\
# Proof

`make prove` runs every test of this project: the quick tests, one real run of each promise, and the exhaustive tests.
If all pass, it writes this page from the reports of the test runner.
"""


def level_of(keywords: Container[str]) -> str:
    """The level of a test, from the names of its markers."""
    return next((level for level in ("exhaustive", "proof") if level in keywords), "quick")


class Record:
    """A pytest plugin that counts the test reports."""

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
        """Start the page, because other pages link to it and tests check the links."""
        self.page.write_text(f"{INTRODUCTION}\nThe run has not finished.\n", encoding="utf-8")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a test by folder and level, or by the reason why it was skipped."""
        level = level_of(report.keywords)
        self.seconds[level] += report.duration
        if report.when == "call" and report.passed:
            self.passed[folder_of(report.nodeid), level] += 1
            self.configurations.update(test for test in (CHECKED, RUN) if report.nodeid.startswith(test))
        elif report.skipped:
            self.skipped[reason_of(report)] += 1

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Record a module that was skipped as a whole, which each worker reports."""
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
            terminalreporter.write_line(f"{self.page} was not written, because not every test passed.")
            return
        seed = config.getoption("hypothesis_seed", None)
        self.page.write_text("\n".join(self._lines(seed)) + "\n", encoding="utf-8")
        terminalreporter.write_line(f"Wrote {self.page}.")

    def _lines(self, seed: object) -> Iterator[str]:
        minutes, seconds = divmod(round(time.monotonic() - self.began), 60)
        yield INTRODUCTION
        yield "| | |\n|---|---|"
        yield f"| commit | `{git('rev-parse', 'HEAD')}` |"
        yield f"| date | {datetime.now(timezone.utc):%Y-%m-%d} |"
        yield f"| time | {minutes} min {seconds} s |"
        if seed is not None:
            yield f"| seed of the random cases | {seed} |"
        yield "\n## Passed tests\n"
        yield f"| folder | {' | '.join(LEVELS)} |\n|---|{'---:|' * len(LEVELS)}"
        for folder in sorted({folder for folder, _ in self.passed}):
            yield f"| `{folder}` | {' | '.join(str(self.passed[folder, level]) for level in LEVELS)} |"
        totals = [sum(count for (_, each), count in self.passed.items() if each == level) for level in LEVELS]
        yield f"| all | {' | '.join(map(str, totals))} |"
        yield f"| seconds, total of all workers | {' | '.join(f'{self.seconds[level]:.0f}' for level in LEVELS)} |"
        yield from choices()
        checked, run = self.configurations[CHECKED], self.configurations[RUN]
        yield f"\n{checked} configurations, which cover every pair of choices, were generated and checked."
        yield f"{run}, which cover every pair of choices that `make run` uses, ran."
        yield from skips(self.skipped, self.not_collected)


def folder_of(nodeid: str) -> str:
    """The folder of a test below `tests/`, or its file if it is not in a folder."""
    return PurePosixPath(nodeid.partition("::")[0]).relative_to("tests").parts[0]


def reason_of(report: pytest.TestReport | pytest.CollectReport) -> str:
    """The reason for a skip, without paths on this machine."""
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return re.sub(r"(?<![\w.])/[^\s;:,]+", "…", reason.removeprefix("Skipped: "))


def choices() -> Iterator[str]:
    """The choices by status: executed, emulated or compiled."""
    yield "\n## Choices\n"
    for status, meaning in STATUSES.items():
        named = [
            f"{axis.label} {', '.join(f'`{name}`' for name in names)}"
            for axis in load_catalog().axes.values()
            if (names := [name for name, choice in axis.choices.items() if choice.status == status])
        ]
        yield f"- *{status}* ({meaning}): {'; '.join(named) or 'none'}"


def skips(skipped: Counter[str], not_collected: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Every reason for skipped tests."""
    yield "\n## Skipped tests\n"
    lines = [f"- {count} × {reason}" for reason, count in sorted(skipped.items())]
    lines += [f"- all of `{module}`: {reason}" for module, reason in sorted(not_collected)]
    yield from lines or ["None."]


def git(*arguments: str) -> str:
    """The output of git in this repository, or a note that it is not a git repository."""
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else "not a git repository"
