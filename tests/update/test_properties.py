"""Invariants of every update of a repository, for any edits and any changes of spec and templates."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from edits import SPECS, Edit, SpecTexts, edits, moves_of
from effort import WITHOUT_SHRINKING, cases
from hypothesis import HealthCheck, given
from repositories import Repository, copy_of, make_repository, rendering

from platform_new.merge import baseline, update

pytestmark = pytest.mark.proof


few = cases(8, suppress_health_check=list(HealthCheck), phases=WITHOUT_SHRINKING)
"""Each case takes some tenths of a second."""


def edit_repository(repository: Repository, changes: list[Edit]) -> None:
    """Apply the team's edits, and commit them."""
    there = {edit.path for edit in changes} | {edit.home for edit in changes}
    before = {path: repository.read(path) for path in there if repository.path(path).exists()}
    after = dict(before)
    for edit in changes:
        edit.on(after)
    for path in before.keys() - after.keys():
        repository.path(path).unlink()
    for path in after.keys() - before.keys() | {path for path in after.keys() & before if after[path] != before[path]}:
        repository.write(path, after[path])
    repository.commit()


def template_of(changes: list[Edit]):
    """Templates with the same kinds of changes."""

    def template(texts):
        for edit in changes:
            edit.on(texts)

    return template


def write_spec(repository: Repository, spec: SpecTexts) -> None:
    """Change the spec of the repository, and commit it."""
    repository.path("sources/web.yml").unlink(missing_ok=True)
    for path, text in zip(("platform.yml", "sources/shop.yml", "sources/web.yml"), spec, strict=False):
        repository.write(path, text)
    repository.commit()


def fresh(spec: SpecTexts) -> Repository:
    """A copy of the repository of a spec, which is generated once."""
    if spec not in _GENERATED:
        folder = Path(_FOLDER.name) / str(len(_GENERATED)) / "acme"
        folder.parent.mkdir()
        platform, source, *events = spec
        _GENERATED[spec] = make_repository(folder, source, platform, *events)
    return copy_of(_GENERATED[spec], Path(tempfile.mkdtemp(dir=_FOLDER.name)) / "acme")


_FOLDER = tempfile.TemporaryDirectory(prefix="platform-new-tests-")
_GENERATED: dict[SpecTexts, Repository] = {}


@few
@given(edits("ours"), SPECS, SPECS, edits("theirs"))
def test_no_line_of_the_users_is_lost_and_nothing_of_the_templates(by_us, before, after, by_them):
    """`Repository.update` checks it, and that planning writes nothing and gives the same answer as updating."""
    repository = fresh(before)
    edit_repository(repository, by_us)
    write_spec(repository, after)
    template, moves = template_of(by_them), moves_of(by_them)
    old = repository.snapshot(), repository.staged()
    result = repository.update(template, moves)
    assert result.planned is not None, result.refused
    assert bool(repository.git("ls-files", "--unmerged")) is (result.code == 3)
    new = repository.snapshot(), repository.staged()
    if result.code == 0:
        assert repository.update(template, moves).code == 0
        assert (repository.snapshot(), repository.staged()) == new, "a second update changes something"
    if not result.planned.up_to_date:
        update.abort(repository.folder)
        assert (repository.snapshot(), repository.staged()) == old, "an abort does not restore the previous state"
    if result.code == 0:
        assert repository.update(template, moves, commit=True).code == 0
        assert repository.look(template, moves).up_to_date


@few
@given(SPECS, SPECS, edits("theirs"))
def test_without_edits_an_update_is_a_fresh_generation(before, after, by_them):
    repository = fresh(before)
    write_spec(repository, after)
    render = rendering(template_of(by_them), moves_of(by_them))
    with update.ready(repository.folder):
        planned = update.plan_update(repository.folder, render)
        assert not planned.answer.conflicts
        update.carry_out(planned)
    current = baseline.parse(render(repository.folder).base)
    there = {path: content.decode() for path, (_, content) in repository.snapshot().items()}
    for own in ("platform.yml", "sources/shop.yml", "sources/web.yml", baseline.PATH):
        there.pop(own, None)
    assert there == current.texts


@few
@given(edits("ours"), SPECS)
def test_an_unchanged_spec_changes_nothing(by_us, spec):
    repository = fresh(spec)
    edit_repository(repository, by_us)
    before = repository.snapshot(), repository.staged()
    assert repository.update().planned.up_to_date
    assert (repository.snapshot(), repository.staged()) == before
