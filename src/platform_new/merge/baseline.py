"""The baseline: every generated file as it was generated, and the spec, stored in `.platform/base.txtar`.

The format is Go's txtar: a comment, then `-- path --` before each file's lines. The comment is one line of JSON with
the version of the generator and of the format, and with what txtar cannot express: which files are executable, which
lack a final newline, and which are quoted with `>` because they contain lines that look like a marker of txtar or of a
git conflict. The last line is a marker too, so that a truncated file is detected.
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
RESTORE = "restore the file from a good commit with `git checkout`"


@dataclass(frozen=True)
class Baseline:
    """The generated files as they were written: their texts by path, and which of them are executable.

    `spec` has the texts of the spec that they were generated from, so that later changes to it can be found.
    """

    version: str
    texts: Mapping[str, str]
    executable: frozenset[str] = frozenset()
    spec: Mapping[str, str] = field(default_factory=dict)


def dump(baseline: Baseline) -> str:
    """The txtar text, with files sorted by path."""
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
    """Parse a txtar text.

    Raises `Refused` if it is truncated, contains conflict markers, or has a newer format.
    """
    text = text.replace("\r\n", "\n") if text.partition("\n")[0].endswith("\r") else text
    if conflict := CONFLICT.search(text):
        line = text.count("\n", 0, conflict.start()) + 1
        raise Refused(Problem("the baseline contains conflict markers", RESTORE, file, line))
    first, *rest = re.split(r"^-- (.+) --\n", text, flags=re.MULTILINE)
    try:
        header = json.loads(first)
        version, format_ = header["generator"], header["format"]
    except (ValueError, KeyError, TypeError):
        raise Refused(Problem("the header of the baseline is damaged", RESTORE, file, 1)) from None
    if format_ > FORMAT:
        raise Refused(
            Problem(f"the baseline was written by a newer platform-new ({version})", "upgrade platform-new", file, 1)
        )
    if not text.endswith((END, FORMER_END)):
        raise Refused(Problem("the baseline is truncated", RESTORE, file, text.count("\n") + 1))
    rest = rest[:-2]
    texts = dict(zip(rest[::2], rest[1::2], strict=True))
    for path in texts.keys() & set(header.get("quoted", ())):
        texts[path] = re.sub(r"(?m)^>", "", texts[path])
    for path in texts.keys() & set(header.get("no_final_newline", ())):
        texts[path] = texts[path].removesuffix("\n")
    spec = {path: texts.pop(path) for path in sorted(texts) if SPEC.fullmatch(path)}
    return Baseline(version, texts, frozenset(header["executable"]), spec)
