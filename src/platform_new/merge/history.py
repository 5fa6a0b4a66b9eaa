"""The history of a file in git."""

from __future__ import annotations

import shutil
from pathlib import Path

from platform_new.merge.repository import run


def first_committed(folder: Path, path: str) -> str | None:
    """The text of a file in the folder as it was last added to git; None if git does not know it."""
    if shutil.which("git") is None:
        return None
    commit = run(folder, "log", "-1", "--diff-filter=A", "--format=%H", "--", path).stdout.decode().strip()
    answer = run(folder, "cat-file", "blob", f"{commit}:./{path}") if commit else None
    if answer is None or answer.returncode:
        return None
    return answer.stdout.decode(errors="replace")
