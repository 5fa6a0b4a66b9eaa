"""Whatever a team edits, whatever changes in the spec and the templates: what holds for every update."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from repositories import SOURCE, Repository, copy_of, make_repository, rendering

from platform_new.merge import pristine, update

pytestmark = pytest.mark.slow
WITHOUT_STORES = SOURCE.partition("\n  - name: stores")[0] + "\n"
SPECS = (
    SOURCE,
    WITHOUT_STORES,
    SOURCE.replace("  - name: stores", "  - name: branches\n    renamed_from: stores"),
    SOURCE.replace("  - name: stores", "  - name: branches"),
    SOURCE.replace("{name: label, type: text}", "{name: label, type: text}\n      - {name: size, type: integer}"),
    SOURCE.replace("{name: email, type: text}", "{name: email, type: text, required: true, pii: email}"),
    SOURCE.replace("name: shop\n", "name: shop\ndescription: The shop\n"),
)
PATHS = (
    "transform/models/staging/shop/stg_shop__stores.sql",
    "transform/models/staging/shop/stg_shop__orders.sql",
    "transform/models/staging/shop/_shop__sources.yml",
    "transform/models/marts/dim_stores.sql",
    "transform/models/marts/fct_orders.yml",
    "README.md",
    "Makefile",
    "docs/new.md",
)
WORDS = st.sampled_from(["alpha", "beta", "gamma"])
EDITS = st.lists(
    st.one_of(
        st.tuples(st.just("insert"), st.sampled_from(PATHS), st.integers(0, 40), WORDS),
        st.tuples(st.just("replace"), st.sampled_from(PATHS), st.integers(0, 40), WORDS),
        st.tuples(st.just("cut"), st.sampled_from(PATHS), st.integers(0, 40), st.just("")),
        st.tuples(st.just("delete"), st.sampled_from(PATHS), st.just(0), st.just("")),
        st.tuples(st.just("move"), st.sampled_from(PATHS), st.just(0), WORDS),
        st.tuples(st.just("open end"), st.sampled_from(PATHS), st.just(0), WORDS),
    ),
    max_size=6,
)
EFFORT = int(os.environ.get("PLATFORM_NEW_EFFORT", "1"))
some = settings(
    max_examples=20 * EFFORT,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
"""Examples take some tenths of a second each, so that shrinking one would take minutes; on request there are more."""


def edited(text: str, kind: str, place: int, word: str, whose: str) -> str:
    """The text with one edit."""
    lines = text.splitlines(keepends=True)
    place = min(place, len(lines))
    if kind == "insert":
        lines.insert(place, f"# {whose} {word}\n")
    elif kind == "replace":
        lines[place : place + 1] = [f"# {whose} {word}\n"]
    elif kind == "cut":
        del lines[place : place + 2]
    elif kind == "open end":
        lines.append(f"# {whose} {word}")
    return "".join(lines)


def edit_repository(repository: Repository, edits) -> None:
    """What the team does, committed."""
    for kind, path, place, word in edits:
        file = repository.path(path)
        if kind == "delete":
            file.unlink(missing_ok=True)
        elif kind == "move" and file.exists():
            home = file.with_name(f"{word}_{file.name}")
            home.exists() or file.rename(home)
        elif kind != "move":
            text = repository.read(path) if file.exists() else ""
            repository.write(path, edited(text, kind, place, word, "ours"))
    repository.commit()


def template_of(edits):
    """Templates that changed in the same ways."""

    def template(texts):
        for kind, path, place, word in edits:
            if kind == "delete":
                texts.pop(path, None)
            elif kind == "move" and path in texts:
                texts[f"{path}.{word}"] = texts.pop(path)
            elif kind != "move":
                texts[path] = edited(texts.get(path, ""), kind, place, word, "theirs")

    return template


def moves_of(edits) -> dict[str, str]:
    """Where the template says that its moved files were."""
    return {f"{path}.{word}": path for kind, path, _, word in edits if kind == "move"}


def fresh(source: str) -> Repository:
    """A copy of what was generated for a spec, made once."""
    if source not in _GENERATED:
        folder = Path(_FOLDER.name) / str(len(_GENERATED)) / "acme"
        folder.parent.mkdir()
        _GENERATED[source] = make_repository(folder, source)
    return copy_of(_GENERATED[source], Path(tempfile.mkdtemp(dir=_FOLDER.name)) / "acme")


_FOLDER = tempfile.TemporaryDirectory(prefix="platform-new-tests-")
_GENERATED: dict[str, Repository] = {}


@some
@given(EDITS, st.sampled_from(SPECS), st.sampled_from(SPECS), EDITS)
def test_no_line_of_the_users_is_lost_and_nothing_of_the_templates(edits, before, after, changes):
    """`Repository.update` checks it, and that looking gives the same answer as doing and writes nothing."""
    repository = fresh(before)
    edit_repository(repository, edits)
    repository.write("sources/shop.yml", after)
    repository.commit()
    old = repository.snapshot(), repository.staged()
    result = repository.update(template_of(changes), moves_of(changes))
    if result.prospect is None:
        return
    assert bool(repository.git("ls-files", "--unmerged")) is (result.code == 3)
    new = repository.snapshot(), repository.staged()
    if result.code == 0:
        assert repository.update(template_of(changes), moves_of(changes)).code == 0
        assert (repository.snapshot(), repository.staged()) == new, "a second update changes something"
    if not result.prospect.up_to_date:
        update.abort(repository.folder)
        assert (repository.snapshot(), repository.staged()) == old, "an abort does not restore what was"
    if result.code == 0:
        assert repository.update(template_of(changes), moves_of(changes), commit=True).code == 0
        assert repository.look(template_of(changes), moves_of(changes)).up_to_date


@some
@given(st.sampled_from(SPECS), st.sampled_from(SPECS), EDITS)
def test_without_edits_an_update_is_a_fresh_generation(before, after, changes):
    repository = fresh(before)
    repository.write("sources/shop.yml", after)
    repository.commit()
    render = rendering(template_of(changes), moves_of(changes))
    with update.ready(repository.folder):
        prospect = update.look(repository.folder, render)
        assert not prospect.answer.conflicts
        update.carry_out(prospect)
    today = pristine.parse(render(repository.folder).base)
    there = {path: content.decode() for path, (_, content) in repository.snapshot().items()}
    for own in ("platform.yml", "sources/shop.yml", pristine.PATH):
        del there[own]
    assert there == today.texts


@some
@given(EDITS, st.sampled_from(SPECS))
def test_an_unchanged_spec_changes_nothing(edits, spec):
    repository = fresh(spec)
    edit_repository(repository, edits)
    before = repository.snapshot(), repository.staged()
    assert repository.update().prospect.up_to_date
    assert (repository.snapshot(), repository.staged()) == before
