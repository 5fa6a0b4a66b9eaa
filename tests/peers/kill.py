"""Kills updates and judges the files right after the kill and after a rerun of the command."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path

from .cases import Case, at
from .edits import CHANGED, ORDER, PRODUCT, STORE, TEAM, TEMPLATE, committed, last
from .engines import Engine
from .judge import WORDS, State, judge
from .project import Answer, Project
from .run import prepared

KILL_POINTS = 24
"""The number of kill points, spread evenly over the update."""
TRACED = str(Path(__file__).with_name("traced.py"))
EDITED = (STORE, ORDER, PRODUCT)
CASE = Case(
    "",
    committed(*(last(path, f"{TEAM} in {path}") for path in EDITED)),
    CHANGED.first(ORDER, TEMPLATE),
    tuple(at(f"{TEAM} in {path}", path) for path in EDITED),
    tuple(at(TEMPLATE, path) for path in (STORE, ORDER)),
)
RIGHT_AFTER, ONCE_MORE = "killed during the update: right after", "killed during the update: after a rerun"


def verdicts(engine: type[Engine], environment: Path) -> dict[str, str]:
    """The outcomes for the two rows, each with its number of kill points."""
    found: dict[str, Counter[str]] = {RIGHT_AFTER: Counter(), ONCE_MORE: Counter()}
    with tempfile.TemporaryDirectory(prefix="platform-new-peers-") as name:
        project = prepared(CASE, engine(Path(name) / "aside", environment), Path(name) / "whole" / "acme")
        whole = _copy(project, Path(name) / "measured")
        length = _length(whole)
        for point in range(KILL_POINTS):
            killed = _copy(project, Path(name) / f"killed-{point}")
            old = State.of(killed)
            _kill(killed, length * (point + 0.5) / KILL_POINTS)
            after = State.of(killed)
            found[RIGHT_AFTER][judge(old, after, Answer(0, ""), "", CASE.ours, ())] += 1
            answer = killed.engine.update(killed.folder)
            warnings = killed.engine.warnings(answer.output)
            found[ONCE_MORE][judge(after, State.of(killed), answer, warnings, CASE.ours, CASE.theirs)] += 1
            shutil.rmtree(killed.top.parent)
    return {row: _said(counts) for row, counts in found.items()}


def _said(counts: Counter[str]) -> str:
    order = list(WORDS)
    words = sorted(counts, key=lambda word: order.index(word.partition(",")[0]))
    return words[0] if len(words) == 1 else ", ".join(f"{word} {counts[word]} of {KILL_POINTS}" for word in words)


def _copy(project: Project, folder: Path) -> Project:
    shutil.copytree(project.top, folder / "acme", symlinks=True)
    return Project(folder / "acme", "", project.engine)


def _length(project: Project) -> float:
    """The length of an update: in lines of the engine's own code, or in seconds if it is not Python."""
    engine = project.engine
    if engine.package:
        answer = engine.run(engine.command(project.folder, TRACED, "0", engine.package), project.folder)
        return float(answer.output.split()[-1])
    started = time.perf_counter()
    engine.update(project.folder)
    return time.perf_counter() - started


def _kill(project: Project, point: float) -> None:
    """Run an update and kill it, with all its child processes, at this line or second."""
    engine = project.engine
    if engine.package:
        engine.run(engine.command(project.folder, TRACED, str(int(point)), engine.package), project.folder)
        return
    process = subprocess.Popen(
        engine.command(project.folder),
        cwd=project.folder,
        env=engine.variables(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(point)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
