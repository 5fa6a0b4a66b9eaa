"""Every choice, and every pair of choices, gives a repository that keeps its promises."""

from __future__ import annotations

import functools
import re
import subprocess
import sys
import tempfile
from itertools import combinations
from pathlib import Path

import pytest
import yaml
from configurations import AXES, CATALOG, CONFIGURATIONS, EXECUTED, FULLEST, choices_of, few_of, possible, spec_of
from covering import covering, pairs_of
from promises import CHECKS, Tree, broken

from platform_new import flow
from platform_new.catalog import SOURCE_AXIS


def test_a_generated_repository_keeps_its_promises(generated):
    assert broken(generated) == []


def test_a_generated_repository_passes_its_own_ruff(generated):
    """Every kind of source adds its own Python files, which `make check` lints there."""
    ruff = Path(sys.executable).with_name("ruff")
    for command in (["check"], ["format", "--diff"]):
        done = subprocess.run(
            [ruff, *command, "--no-cache", "--quiet"],
            cwd=generated.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


@functools.cache
def refused(environment: Path, commands: tuple[str, ...], files: tuple[tuple[str, str], ...]) -> str:
    """What the commands, from a generated repository's environment, say about the files; empty if they accept them."""
    with tempfile.TemporaryDirectory() as folder:
        for path, text in files:
            (Path(folder) / path).parent.mkdir(parents=True, exist_ok=True)
            (Path(folder) / path).write_text(text)
        done = [
            subprocess.run(f"{environment}/bin/{each}", shell=True, cwd=folder, capture_output=True, text=True)
            for each in commands
        ]
    return "".join(each.stdout + each.stderr for each in done if each.returncode)


def pipelines_of(configuration: dict[str, str], folder: Path) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """The commands that check a repository's pipelines against the JSON schema of their system, and the pipelines."""
    ci = CATALOG.choice("ci", configuration["ci"])
    paths = sorted(file.pattern for file in ci.files if file.pattern.endswith(".yml"))
    commands = tuple(each for each in ci.sheet.checks if each.startswith("check-jsonschema"))
    return commands, tuple((path, (folder / path).read_text()) for path in paths)


def test_pipelines_fit_the_schema_of_their_system(configuration, generated, environment):
    commands, files = pipelines_of(configuration, generated.folder)
    assert bool(commands) == bool(files)
    assert refused(environment, commands, files) == ""


@pytest.mark.parametrize("name", [name for name, choice in CATALOG.axes["ci"].choices.items() if choice.sheet.checks])
def test_the_schema_of_a_system_finds_a_mistake_in_its_pipeline(name, environment, tmp_path):
    configuration = {**CONFIGURATIONS[0], "ci": name}
    flow.create(tmp_path / "acme", spec_of(configuration), git=False)
    commands, files = pipelines_of(configuration, tmp_path / "acme")
    limit = re.compile(r"((?:time\w*|timeout-minutes|max-time): )\"?45.*")
    faulty = tuple((path, limit.sub(r"\1[soon]", text)) for path, text in files)
    assert faulty != files
    assert "soon" in refused(environment, commands, faulty)


def test_hooks_run_the_linters_of_make_check(kept):
    """So a commit that passes its hooks has no finding of these linters in CI, with the same versions."""
    (repository,) = yaml.safe_load(kept.texts[".pre-commit-config.yaml"])["repos"]
    entries = [hook["entry"].replace(" --force-exclude", "") for hook in repository["hooks"]]
    assert repository["repo"] == "local" and len(entries) == 4
    check = kept.texts["Makefile"].partition("\ncheck: ")[2].partition("\nformat: ")[0]
    for entry in entries:
        assert f"@$(BIN)/{entry.removeprefix('.venv/bin/')}" in check


def test_every_pair_of_choices_is_in_a_configuration():
    covered = set().union(*map(pairs_of, CONFIGURATIONS))
    for one, other in combinations(sorted(AXES), 2):
        for choice in AXES[one]:
            for another in AXES[other]:
                if possible({one: choice, other: another}):
                    assert ((one, choice), (other, another)) in covered


@pytest.mark.parametrize(
    ("configurations", "others"), [(CONFIGURATIONS, []), (EXECUTED, [FULLEST])], ids=["generated", "executed"]
)
def test_a_few_configurations_have_every_choice(configurations, others):
    few = few_of(configurations, others)
    used = {axis: AXES[axis] for axis in configurations[0] if axis != SOURCE_AXIS}
    assert choices_of(few + others) >= {(axis, choice) for axis, choices in used.items() for choice in choices}
    assert len(few) < len(configurations) / 2


def test_the_covering_leaves_out_what_cannot_be_combined():
    axes = {"a": ["1", "2"], "b": ["1", "2"], "c": ["1", "2", "3"]}
    configurations = covering(axes, lambda each: (each["a"], each["b"]) != ("1", "1"))
    assert not any((each["a"], each["b"]) == ("1", "1") for each in configurations)
    assert len(configurations) < 11


@pytest.mark.parametrize("choice", [choice for axis in CATALOG.axes.values() for choice in axis.choices.values()])
def test_a_card_has_everything_needed_to_choose(choice):
    for text in (choice.label, choice.summary, choice.why):
        assert text == " ".join(text.split()) and text[0].isupper()
    assert choice.summary.endswith(".") and choice.status in ("executed", "emulated", "compiled")


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A repository as generated."""
    folder = tmp_path_factory.mktemp("kept") / "acme"
    spec = spec_of(CONFIGURATIONS[0])
    flow.create(folder, spec, git=False)
    return Tree(folder, flow.plan_for(spec))


FAULTS = {
    "files_are_those_planned": ("extra.txt", "nobody planned this\n"),
    "yaml_parses": (".yamllint", "a: 1\na: 2\n"),
    "json_parses": (".platform/schema/source.json", "{"),
    "lookml_parses": ("looker/broken.view.lkml", "view: broken {\n"),
    "python_compiles": ("run.py", "def\n"),
    "models_render": ("transform/models/staging/shop/stg_shop__orders.sql", "select * from {{ ref('nothing') }}\n"),
    "properties_name_what_exists": ("transform/models/marts/_exposures.yml", "depends_on: [ref('nothing')]\n"),
    "unit_tests_have_names_that_fit": (
        "transform/models/marts/_exposures.yml",
        f"unit_tests: [{{name: {'n' * 64}}}]\n",
    ),
    "templates_leave_no_marks": ("README.md", "[[ platform.name ]]\n"),
    "white_space_is_tidy": ("README.md", "words \n"),
    "readme_is_short": ("README.md", "line\n" * 81),
    "links_lead_somewhere": ("README.md", "[nowhere](docs/nowhere.md)\n"),
    "paths_lead_somewhere": ("README.md", "See `docs/runbooks/nothing.md`.\n"),
    "variables_are_documented": ("run.py", 'import os\n\nos.environ["SECRET"]\n'),
    "commands_are_targets": ("README.md", "Say `make nothing`.\n"),
    "ci_runs_every_command": (".github/workflows/ci.yml", "steps: [{run: make setup}, {run: make run}]\n"),
}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_check_says_what_it_holds_and_finds_what_breaks_it(check, kept):
    path, text = FAULTS[check.__name__]
    faulty = Tree(kept.folder, kept.plan)
    faulty.__dict__["texts"] = {**kept.texts, path: text}
    assert check.__doc__ and list(check(kept)) == []
    assert path in {where for where, _ in check(faulty)}
