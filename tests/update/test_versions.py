"""Repositories that older versions generated update to the current templates, skipping any number of releases."""

from __future__ import annotations

import functools
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from repositories import PLATFORM, SOURCE, Repository, copy_of, make_repository

from platform_new import flow
from platform_new.catalog import Catalog, load_catalog
from platform_new.errors import Refused
from platform_new.merge import baseline, update
from platform_new.spec.load import parse_platform, parse_source
from platform_new.spec.models import Spec

pytestmark = pytest.mark.proof

VERSIONS = Path(__file__).parent / "versions"
KEPT = sorted(place.parent for place in VERSIONS.glob("*/*/base.txtar"))
EACH = pytest.mark.parametrize("kept", KEPT, ids=lambda place: "-".join(place.parts[-2:]))
CHANGELOG = Path(__file__).parents[2] / "CHANGELOG.md"
MODEL = "transform/models/staging/shop/stg_shop__stores.sql"
RUNBOOK = "docs/runbooks/slow-model.md"
BEFORE, BETWEEN = "docs/{source}.md", "docs/sources/{source}.md"
CURRENT = "docs/sources/{source}/README.md"
FORMAT_1 = """\
{"generator": "0.1.0", "format": 1, "executable": ["run.sh"], "no_final_newline": ["a.txt"], "quoted": ["b.md"]}
-- a.txt --
no end of line
-- b.md --
>-- not a file --
>text
-- empty --
-- platform.yml --
name: acme
-- run.sh --
#!/bin/sh
-- end of the pristine texts --
"""


def restored(kept: Path, folder: Path) -> Repository:
    """The repository that an older version generated, from its baseline and its spec."""
    shutil.copytree(kept, folder, ignore=shutil.ignore_patterns("base.txtar"))
    repository = Repository(folder)
    base = (kept / "base.txtar").read_bytes().decode()
    files = baseline.parse(base)
    for path, text in {**files.texts, baseline.PATH: base}.items():
        repository.write(path, text)
        repository.path(path).chmod(0o755 if path in files.executable else 0o644)
    repository.git("init", "--quiet", "--initial-branch=main")
    repository.commit()
    return repository


@EACH
def test_an_unedited_repository_of_an_older_version_becomes_a_fresh_generation(kept, tmp_path):
    """It is equal byte for byte, except for the spec, which belongs to its owners."""
    repository = restored(kept, tmp_path / "acme")
    owned = repository.snapshot()["platform.yml"]
    assert repository.update(commit=True).code == 0
    texts = {place.stem: place.read_text() for place in (kept / "sources").iterdir()}
    flow.create(tmp_path / "fresh" / "acme", flow.load(kept), source_texts=texts)
    updated, fresh = repository.snapshot(), Repository(tmp_path / "fresh" / "acme").snapshot()
    assert updated.pop("platform.yml") == owned
    assert fresh.pop("platform.yml")
    assert updated == fresh


@EACH
def test_edits_of_a_repository_of_an_older_version_are_kept(kept, tmp_path):
    """A line added to each file survives the update, even if the file moves; deleted files stay deleted."""
    repository = restored(kept, tmp_path / "acme")
    deleted = min(place.name for place in repository.path("docs/runbooks").iterdir())
    repository.path(f"docs/runbooks/{deleted}").unlink()
    generated = sorted(baseline.parse((kept / "base.txtar").read_text()).texts)
    edited = [path for path in generated if repository.path(path).exists() and not path.startswith(".platform/")]
    for number, path in enumerate(edited):
        repository.write(path, f"{repository.read(path)}# ours: {number}.\n")
    repository.write("docs/ours.md", "ours\n")
    repository.commit()
    result = repository.update(commit=True)
    assert result.code in (0, 3)
    texts = b"".join(content for _, content in repository.snapshot().values())
    assert [path for number, path in enumerate(edited) if f"# ours: {number}.".encode() not in texts] == []
    assert repository.read("docs/ours.md") == "ours\n"
    assert not repository.path(f"docs/runbooks/{deleted}").exists()


def test_edits_of_the_sample_data_follow_it_out_of_the_ingestion(tmp_path):
    """Sample data moved from `ingest/` to its own folder: edits move along."""
    repository = restored(VERSIONS / "0.1.0a0/shop", tmp_path / "acme")
    edits = {
        "__init__.py": ("BATCH_ROWS = 50_000", "BATCH_ROWS = 40_000"),
        "domain.py": ("    if base in GREATEST:", "    if base in GREATEST:  # Ours."),
        "order.py": ("    ordered: list[Table] = []", "    ordered: list[Table] = []  # Ours."),
    }
    for file, edit in edits.items():
        repository.replace(f"ingest/sample/{file}", *edit)
    repository.commit()
    result = repository.update(commit=True)
    moved = {each.path: each.before for each in result.planned.answer.decisions if each.before}
    assert result.code == 0
    assert moved == {f"sample/{file}": f"ingest/sample/{file}" for file in (*edits, "tables.py", "values.py")}
    assert not repository.path("ingest/sample").exists()
    for file, (_, ours) in edits.items():
        assert ours in repository.read(f"sample/{file}")
        assert "ingest.sample" not in repository.read(f"sample/{file}")


def test_the_output_of_every_release_is_kept():
    released = re.findall(r"^## (\d+\.\d+\.\d+)$", CHANGELOG.read_text(), re.MULTILINE)
    assert set(released) <= {place.name for place in VERSIONS.iterdir()}


def test_the_first_format_of_the_baseline_can_still_be_read():
    files = baseline.parse(FORMAT_1)
    texts = {"a.txt": "no end of line", "b.md": "-- not a file --\ntext\n", "empty": "", "run.sh": "#!/bin/sh\n"}
    assert files == baseline.Baseline("0.1.0", texts, frozenset({"run.sh"}), {"platform.yml": "name: acme\n"})
    assert baseline.parse(FORMAT_1.replace("-- platform.yml --\nname: acme\n", "")).spec == {}
    with pytest.raises(Refused, match="newer platform-new"):
        baseline.parse(FORMAT_1.replace('"format": 1', '"format": 2'))


Templates = Callable[[Path], None]


def catalog(folder: Path, change: Templates) -> Catalog:
    """The current templates, changed by a function of the folder of base templates."""
    root = load_catalog().root
    shutil.copytree(root / "template", folder / "template", ignore=shutil.ignore_patterns(".*_cache", "__pycache__"))
    shutil.copy(root / "copier.yml", folder)
    change(folder / "template/base")
    return load_catalog(folder)


def add_moves(base: Path, moves: str) -> None:
    """Record more moved files in the card of the base templates."""
    card = base / "choice.yml"
    card.write_text(card.read_text().replace("\nmoved:\n", f"\nmoved:\n{moves}"))


def generated_by(templates: Catalog, folder: Path) -> Repository:
    """The small shop, generated by other templates."""
    spec = Spec(platform=parse_platform(PLATFORM), sources=(parse_source(SOURCE, "sources/shop.yml"),))
    flow.create(folder, spec, source_texts={"shop": SOURCE}, catalog=templates)
    return Repository(folder)


def bring(repository: Repository, templates: Catalog) -> update.UpdatePlan:
    """Update to the templates, and commit."""
    with update.ready(repository.folder):
        planned = update.plan_update(repository.folder, functools.partial(flow.render_current, catalog=templates))
        update.carry_out(planned, commit=True)
    return planned


def test_templates_that_were_dropped_added_and_changed_since(tmp_path):
    """Edits stay in a removed, an added and a changed file."""

    def older(base: Path) -> None:
        (base / "docs/old.md").write_text("one\ntwo\n")
        (base / "docs/old-and-edited.md").write_text("one\ntwo\n")
        (base / RUNBOOK).unlink()
        place = base / "docs/README.md"
        place.write_text("An older first line.\n\n" + place.read_text())

    repository = generated_by(catalog(tmp_path / "older", older), tmp_path / "acme")
    assert not repository.path(RUNBOOK).exists()
    for path in ("docs/old-and-edited.md", "docs/README.md", MODEL):
        repository.write(path, repository.read(path) + "ours\n")
    repository.commit()
    assert repository.update(commit=True).code == 0
    assert (repository.path("docs/old.md").exists(), repository.path(RUNBOOK).exists()) == (False, True)
    assert repository.read("docs/old-and-edited.md") == "one\ntwo\nours\n"
    assert "older first line" not in repository.read("docs/README.md")
    for path in ("docs/README.md", MODEL):
        assert repository.read(path).endswith("ours\n")


@pytest.fixture(scope="module")
def versions(tmp_path_factory) -> dict[str, Catalog]:
    """Three versions of the templates: a file for each source, a fixed one, and both move twice."""
    text = "# [[ source.name ]]\n\nA source.\n\nIts tables.\n\nIts marts.\n"

    def moving(pattern: str, fixed: str, moved: str, addition: str) -> Templates:
        def change(base: Path) -> None:
            for path, content in ((pattern, text + addition), (fixed, "fixed\n" + addition)):
                (base / path).parent.mkdir(parents=True, exist_ok=True)
                (base / (f"{path}.jinja" if path == pattern else path)).write_text(content)
            add_moves(base, moved)

        return change

    folder = tmp_path_factory.mktemp("versions")
    second = f'  "{BETWEEN}": "{BEFORE}"\n  docs/second.md: docs/first.md\n'
    third = f'  "{CURRENT}": ["{BETWEEN}", "{BEFORE}"]\n  docs/third.md: [docs/second.md, docs/first.md]\n'
    return {
        "first": catalog(folder / "first", moving(BEFORE, "docs/first.md", "", "")),
        "second": catalog(folder / "second", moving(BETWEEN, "docs/second.md", second, "\nSecond.\n")),
        "third": catalog(folder / "third", moving(CURRENT, "docs/third.md", third, "\nSecond.\n\nThird.\n")),
    }


@pytest.fixture
def first(versions, tmp_path) -> Repository:
    """A repository generated by the first version."""
    return generated_by(versions["first"], tmp_path / "acme")


def test_edits_follow_a_template_that_moved_from_version_to_version_or_over_one(first, versions, tmp_path):
    """Skipping a version gives the same result."""
    for path in ("docs/shop.md", "docs/first.md"):
        first.write(path, f"Ours.\n\n{first.read(path)}")
    first.commit()
    skipping = copy_of(first, tmp_path / "skipping")
    assert bring(first, versions["second"]).answer.conflicts == ()
    assert first.read("docs/second.md") == "Ours.\n\nfixed\n\nSecond.\n"
    bring(first, versions["third"])
    planned = bring(skipping, versions["third"])
    moved = {each.path: each.before for each in planned.answer.decisions if each.before}
    assert moved == {"docs/sources/shop/README.md": "docs/shop.md", "docs/third.md": "docs/first.md"}
    assert (
        skipping.read("docs/sources/shop/README.md")
        == "Ours.\n\n# shop\n\nA source.\n\nIts tables.\n\nIts marts.\n\nSecond.\n\nThird.\n"
    )
    assert first.snapshot() == skipping.snapshot()
    assert not skipping.path("docs/shop.md").exists()


def test_a_template_that_moved_and_a_source_that_was_renamed_at_once(first, versions):
    first.replace("docs/shop.md", "Its tables.", "Our tables.")
    first.git("mv", "sources/shop.yml", "sources/webshop.yml")
    first.replace("sources/webshop.yml", "name: shop", "name: webshop\nrenamed_from: shop")
    first.commit()
    bring(first, versions["third"])
    assert first.read("docs/sources/webshop/README.md").startswith("# webshop\n\nA source.\n\nOur tables.\n")


@pytest.mark.parametrize(
    ("moved", "reason"),
    [
        ("docs/nowhere.md: docs/first.md", "does not have"),
        ("docs/README.md: docs/start-here.md", "still has a file"),
        ("docs/README.md: docs/{source}.md", "other placeholders"),
    ],
)
def test_moves_that_cannot_be_are_refused_when_the_templates_are_loaded(tmp_path, moved, reason):
    def change(base: Path) -> None:
        add_moves(base, f'  "{moved.split(": ")[0]}": "{moved.split(": ")[1]}"\n')

    with pytest.raises(Refused, match=reason):
        catalog(tmp_path, change)


def test_two_branches_that_change_two_tables_of_a_source_merge(tmp_path):
    """The spec in the baseline merges like the spec itself, so that the merged repository is up to date."""
    repository = make_repository(tmp_path / "acme")
    changes = {
        "one": ("{name: email, type: text}", "{name: email, type: text, required: true}"),
        "two": ("- name: stores\n    role", "- name: stores\n    description: Where we sell\n    role"),
    }
    for branch, (before, after) in changes.items():
        repository.git("switch", "--quiet", "--create", branch, "main")
        repository.replace("sources/shop.yml", before, after)
        repository.commit()
        assert repository.update(commit=True).code == 0
    repository.git("merge", "--quiet", "--no-edit", "one")
    before, now = repository.look().specs
    assert repository.look().up_to_date
    assert before == now
    assert "Where we sell" in now["sources/shop.yml"]
