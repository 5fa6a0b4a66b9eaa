"""Invariants of every merge, for any edits and any changes of templates and spec, without a git repository.

The files come from real specs; hundreds of cases take as long as a dozen in a repository.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from edits import SPECS, Edit, edits, moves_of
from effort import WITHOUT_SHRINKING, cases
from hypothesis import given
from hypothesis import strategies as st
from repositories import rendered

from platform_new.merge import baseline
from platform_new.merge.texts import merge_texts
from platform_new.merge.three_way import EXECUTABLE, REGULAR, Answer, File, Outcome, Tree, decide

pytestmark = pytest.mark.proof
often = cases(15, in_depth=500, phases=WITHOUT_SHRINKING)


@pytest.fixture(scope="module", autouse=True)
def _folder():
    """A folder for the specs to render."""
    with tempfile.TemporaryDirectory(prefix="platform-new-tests-") as name:
        _FOLDERS.append(Path(name))
        yield
        _FOLDERS.pop()


_FOLDERS: list[Path] = []


Moves = dict[str, Sequence[str]]


def generated(spec: tuple[str, ...]) -> tuple[dict[str, str], frozenset[str], Moves]:
    """The current generation of a spec: texts, executable paths, and previous paths of moved files."""
    platform, source, *events = spec
    folder = _FOLDERS[-1]
    (folder / "sources").mkdir(exist_ok=True)
    (folder / "platform.yml").write_text(platform)
    (folder / "sources" / "shop.yml").write_text(source)
    (folder / "sources" / "web.yml").unlink(missing_ok=True)
    for text in events:
        (folder / "sources" / "web.yml").write_text(text)
    current = rendered(folder)
    kept = baseline.parse(current.base)
    return {path: text for path, text in kept.texts.items() if path[0] != "."}, kept.executable, dict(current.moves)


def tree(texts: dict[str, str], executable: frozenset[str], flipped: frozenset[str] = frozenset()) -> Tree:
    """Files; the `flipped` ones have the other mode."""
    return {
        path: File(text.encode(), EXECUTABLE if (path in executable) is not (path in flipped) else REGULAR)
        for path, text in texts.items()
    }


def edited(texts: dict[str, str], changes: list[Edit]) -> dict[str, str]:
    """The texts after some changes."""
    texts = dict(texts)
    for change in changes:
        change.on(texts)
    return texts


def after(ours: Tree, answer: Answer) -> dict[str, File]:
    """The files after the answer."""
    files = {**ours, **answer.changes}
    return {path: file for path, file in files.items() if file is not None}


def lines(file: File | None) -> Counter[bytes]:
    """The lines of a file, without their ends."""
    content = file.content if file else b""
    return Counter(line.rstrip(b"\r") for line in content.split(b"\n") if line.strip())


@often
@given(SPECS, SPECS, edits("ours"), edits("theirs"), st.sets(st.sampled_from(["Makefile", "README.md"])))
def test_nothing_of_either_side_is_lost(before, now, by_us, by_them, flipped):
    texts, executable, _ = generated(before)
    base, ours = tree(texts, executable), tree(edited(texts, by_us), executable, frozenset(flipped))
    texts, executable, moves = generated(now)
    theirs = tree(edited(texts, by_them), executable)
    moves |= {new: (old,) for new, old in moves_of(by_them).items()}
    answer = decide(base, ours, theirs, merge_texts, moves)
    result = after(ours, answer)
    assert decide(base, ours, theirs, merge_texts, moves) == answer
    _check_ours(base, ours, answer, result)
    _check_theirs(base, ours, theirs, moves, answer, result)
    if not answer.conflicts:
        again = decide(theirs, result, theirs, merge_texts, {})
        assert not again.changes, "a second update changes something"


def _check_ours(base: Tree, ours: Tree, answer: Answer, result: dict[str, File]) -> None:
    """Every line that the team added remains, or is in a stage of a conflict; deleted files stay deleted."""
    assert not (base.keys() - ours.keys()) & result.keys()
    decisions = {decision.before or decision.path: decision for decision in answer.decisions}
    everywhere = {line for file in base.values() for line in lines(file)}
    for path, file in ours.items():
        added = lines(file) - lines(base.get(path))
        if path not in base:
            # It may be a moved generated file: then not all lines are the user's.
            added = Counter({line: count for line, count in added.items() if line not in everywhere})
        decision = decisions.get(path)
        home = decision.path if decision else path
        if added or path not in base:
            assert home in result, f"{path} is gone, with lines of the user's"
        stage = lines(decision.stages[1]) if decision and decision.stages else Counter()
        assert not added - (lines(result.get(home)) | stage), f"lost in {path}"


def _check_theirs(base: Tree, ours: Tree, theirs: Tree, moves: Moves, answer: Answer, result: dict[str, File]) -> None:
    """Every file of the template is there, with every changed line, or a decision says why not."""
    decisions = {decision.path: decision for decision in answer.decisions}
    for path, file in theirs.items():
        decision = decisions.get(path)
        if decision is None:
            before = {f"you moved it from {old}" for old in (path, *moves.get(path, ()))}
            moved = any(each.reason.rpartition("; ")[2] in before for each in answer.decisions)
            there = any(lines(each) == lines(file) for each in ours.values())
            assert moved or there, f"{path} is missing, and no decision says why"
        elif decision.outcome in (Outcome.ADDED, Outcome.UPDATED):
            assert lines(result[path]) == lines(file)
        elif decision.outcome is Outcome.CONFLICT and decision.stages[2] is not None:
            assert lines(decision.stages[2]) == lines(file)
        elif decision.outcome in (Outcome.MERGED, Outcome.MOVED, Outcome.EDITED):
            assert not lines(file) - lines(base[decision.before or path]) - lines(result[path])
        else:
            assert decision.outcome in (Outcome.DELETED, Outcome.CONFLICT), decision


@often
@given(SPECS, SPECS, edits("theirs"))
def test_without_edits_the_answer_is_a_fresh_generation(before, now, by_them):
    texts, executable, _ = generated(before)
    base = tree(texts, executable)
    texts, executable, moves = generated(now)
    theirs = tree(edited(texts, by_them), executable)
    moves |= {new: (old,) for new, old in moves_of(by_them).items()}
    answer = decide(base, base, theirs, merge_texts, moves)
    assert not answer.conflicts
    assert after(base, answer) == theirs


@often
@given(SPECS, edits("ours"))
def test_nothing_new_changes_nothing(spec, by_us):
    texts, executable, _ = generated(spec)
    base, ours = tree(texts, executable), tree(edited(texts, by_us), executable)
    assert not decide(base, ours, base, merge_texts, {}).changes
