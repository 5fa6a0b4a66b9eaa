"""The three-way merge of one text: git's merge by lines and, where that fails on YAML, a merge by keys."""

from __future__ import annotations

import tempfile
from pathlib import Path

from platform_new.merge.repository import failed, run

LABELS = ("yours", "as generated before", "as generated now")
MANY = 127
"""Git's exit code is the number of conflicts, up to this maximum; higher codes are errors."""
YAML = (".yml", ".yaml")


def merge_texts(path: str, base: bytes, ours: bytes, theirs: bytes) -> tuple[bytes, bool]:
    """The merged text of a file, and whether it contains conflict markers (with the base between them, if any).

    Two valid YAML files never merge into a broken one: where git's merge by lines would break the file, it is merged by
    keys or, if that is impossible, becomes a conflict.
    """
    content, unclear = _merge_lines(base, ours, theirs)
    if not base or not path.endswith(YAML):
        return content, unclear
    from platform_new.merge.keyed import is_sound, merge_keyed

    if not unclear and (is_sound(content) or not (is_sound(ours) and is_sound(theirs))):
        return content, False
    merged = merge_keyed(base, ours, theirs)
    if merged is not None:
        return merged, False
    return (content, True) if unclear else _merge_lines(b"", ours, theirs)


def _merge_lines(base: bytes, ours: bytes, theirs: bytes) -> tuple[bytes, bool]:
    with tempfile.TemporaryDirectory(prefix="platform-new-") as name:
        folder = Path(name)
        for side, content in (("ours", ours), ("base", base), ("theirs", theirs)):
            (folder / side).write_bytes(content)
        style = ["--diff3"] if base else []
        labels = [argument for label in LABELS for argument in ("-L", label)]
        answer = run(folder, "merge-file", "-p", *style, *labels, "ours", "base", "theirs")
    if answer.returncode > MANY:
        raise failed(("merge-file",), answer, "see git's message; nothing was written")
    return answer.stdout, answer.returncode > 0
