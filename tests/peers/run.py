"""Runs every case with an engine."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from environment import install_into

from .cases import CASES, Case
from .edits import FIRST
from .engines import PEERS, Copier, CopierWithRejects, Engine
from .judge import BESIDE, WORDS, State, judge
from .project import Project

NO_RECORD = "–"
AT_ONCE = 2


def peers_environment(cache: Path) -> Path | None:
    """A virtual environment with the pinned versions of the other tools; None if they cannot be installed."""
    cache.mkdir(exist_ok=True)
    folder, stamp = cache / "peers-env", cache / "peers-env" / "installed"
    with open(cache / "peers-env.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text() != "\n".join(PEERS):
            shutil.rmtree(folder, ignore_errors=True)
            subprocess.run([sys.executable, "-m", "venv", folder], check=True)
            if subprocess.run([*install_into(folder), *PEERS], check=False).returncode:
                return None
            stamp.write_text("\n".join(PEERS))
    return folder


def verdicts(engine: type[Engine], environment: Path) -> dict[str, str]:
    """The outcome of every case, by its title."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        words = pool.map(partial(verdict, engine=engine, environment=environment), CASES)
        return dict(zip((case.title for case in CASES), words, strict=True))


def verdict(case: Case, engine: type[Engine], environment: Path) -> str:
    """The outcome of a case with an engine; for copier, the better of its two conflict modes."""
    if case.needs_record and not engine.record:
        return NO_RECORD
    word = _verdict(case, engine, environment)
    if engine is Copier and _rank(word) > _rank(BESIDE):
        other = _verdict(case, CopierWithRejects, environment)
        if _rank(other) < _rank(word):
            return f"{other}, with `--conflict rej`; else {word}"
    return word


def prepared(case: Case, engine: Engine, top: Path) -> Project:
    """The project of a case after the team's edit, with the template's last version published."""
    engine.start(top, case.prefix, FIRST)
    project = Project(top, case.prefix, engine)
    case.edit(project)
    engine.publish(case.last)
    return project


def _verdict(case: Case, engine: type[Engine], environment: Path) -> str:
    with tempfile.TemporaryDirectory(prefix="platform-new-peers-") as name:
        project = prepared(case, engine(Path(name) / "aside", environment), Path(name) / "acme")
        before = State.of(project)
        answer = project.engine.update(project.folder)
        warnings = project.engine.warnings(answer.output)
        return judge(before, State.of(project), answer, warnings, case.ours, case.theirs)


def _rank(word: str) -> int:
    return list(WORDS).index(word.partition(",")[0])
