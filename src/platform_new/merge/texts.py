"""The three-way merge of one text, which is git's."""

from __future__ import annotations

import tempfile
from pathlib import Path

from platform_new.merge.repository import failed, run

LABELS = ("yours", "as generated before", "as generated now")
MANY = 127
"""Git answers with the number of conflicts, at most this; beyond it are errors."""


def merge_texts(base: bytes, ours: bytes, theirs: bytes) -> tuple[bytes, bool]:
    """The merged text, and whether it holds conflict markers (with the base between them, unless that is empty)."""
    with tempfile.TemporaryDirectory(prefix="platform-new-") as name:
        folder = Path(name)
        for side, content in (("ours", ours), ("base", base), ("theirs", theirs)):
            (folder / side).write_bytes(content)
        style = ["--diff3"] if base else []
        labels = [word for label in LABELS for word in ("-L", label)]
        answer = run(folder, "merge-file", "-p", *style, *labels, "ours", "base", "theirs")
    if answer.returncode > MANY:
        raise failed(("merge-file",), answer, "see what git says; nothing was written")
    return answer.stdout, answer.returncode > 0
