"""The baseline: every generated file as it was generated, and the spec, kept as `.platform/base.txtar`.

The format is Go's txtar: a comment, then `-- path --` before each file's lines. The comment is one line of
JSON with the generator's version, the format's, and what plain txtar cannot say: which files are executable,
which lack a final newline, and which have lines that look like a marker (of txtar, or of a conflict in git) and are
therefore quoted with `>`. The last line is a marker too, so that a text that was cut short is told from a whole one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from platform_new.errors import Problem, Refused

PATH = ".platform/base.txtar"
FORMAT = 1
MARKER = re.compile(r"^(-- .+ --$|<<<<<<< |>>>>>>> )", re.MULTILINE)
CONFLICT = re.compile(r"^(<<<<<<< |>>>>>>> )", re.MULTILINE)
SPEC = re.compile(r"platform\.yml|sources/[^/]+\.yml")
END = "-- end of the baseline --\n"
FORMER_END = "-- end of the pristine texts --\n"
RESTORE = "restore the file with `git checkout` from a good commit"


@dataclass(frozen=True)
class Baseline:
    """The generated files as they were written: their texts by path, and which of them are executable.

    `spec` are the texts of the spec that they were generated from, so that one can say what changed in it since.
    """

    version: str
    texts: Mapping[str, str]
    executable: frozenset[str] = frozenset()
    spec: Mapping[str, str] = field(default_factory=dict)


def dump(baseline: Baseline) -> str:
    """The txtar text, files in order of path."""
    texts = {**baseline.texts, **baseline.spec}
    unfinished = sorted(path for path, text in texts.items() if text and not text.endswith("\n"))
    quoted = sorted(path for path, text in texts.items() if MARKER.search(text))
    header = {"generator": baseline.version, "format": FORMAT, "executable": sorted(baseline.executable)}
    header |= {"no_final_newline": unfinished} if unfinished else {}
    header |= {"quoted": quoted} if quoted else {}
    parts = [json.dumps(header, ensure_ascii=False) + "\n"]
    for path, text in sorted(texts.items()):
        body = text + "\n" if path in unfinished else text
        if path in quoted:
            body = re.sub(r"(?m)^(?!\Z)", ">", body)
        parts += [f"-- {path} --\n", body]
    return "".join([*parts, END])


def parse(text: str, file: str = PATH) -> Baseline:
    """Read a txtar text back.

    Raises `Refused` if it was cut short, holds conflict markers, or is of a newer format.
    """
    text = text.replace("\r\n", "\n") if text.partition("\n")[0].endswith("\r") else text
    if conflict := CONFLICT.search(text):
        line = text.count("\n", 0, conflict.start()) + 1
        raise Refused(Problem("it has conflict markers of a merge", RESTORE, file, line))
    first, *rest = re.split(r"^-- (.+) --\n", text, flags=re.MULTILINE)
    try:
        header = json.loads(first)
        version, format_ = header["generator"], header["format"]
    except (ValueError, KeyError, TypeError):
        raise Refused(Problem("the header is damaged", RESTORE, file, 1)) from None
    if format_ > FORMAT:
        raise Refused(Problem(f"it was written by a newer platform-new ({version})", "upgrade platform-new", file, 1))
    if not text.endswith((END, FORMER_END)):
        raise Refused(Problem("it was cut short", RESTORE, file, text.count("\n") + 1))
    rest = rest[:-2]
    texts = dict(zip(rest[::2], rest[1::2], strict=True))
    for path in texts.keys() & set(header.get("quoted", ())):
        texts[path] = re.sub(r"(?m)^>", "", texts[path])
    for path in texts.keys() & set(header.get("no_final_newline", ())):
        texts[path] = texts[path].removesuffix("\n")
    spec = {path: texts.pop(path) for path in sorted(texts) if SPEC.fullmatch(path)}
    return Baseline(version, texts, frozenset(header["executable"]), spec)
