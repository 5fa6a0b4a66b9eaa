"""Every mistake in a card, an axis or a template is answered with its file, its line and a hint."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from platform_new import flow
from platform_new.catalog import load_catalog
from platform_new.catalog.entities import PLACES
from platform_new.errors import PlatformNewError
from platform_new.samples import sample_source
from platform_new.spec.models import Platform, Spec

CARD = "template/warehouse/postgres/choice.yml"
AXIS = "template/ci/axis.yml"
BASE = "template/base/choice.yml"
LAYER = "template/lookups/choice.yml"
TEMPLATE = "template/base/docs/start-here.md.jinja"
Change = Callable[[Path], None]


def written(file: str, old: str, new: str) -> Change:
    """Write something else in a file."""

    def change(root: Path) -> None:
        text = (root / file).read_text()
        assert old in text
        (root / file).write_text(text.replace(old, new, 1))

    return change


def appended(file: str, text: str) -> Change:
    """Write something at the end of a file, which may be new."""

    def change(root: Path) -> None:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        with (root / file).open("a") as stream:
            stream.write(text)

    return change


def without(file: str) -> Change:
    """Delete a file."""
    return lambda root: (root / file).unlink()


def renamed(folder: str, name: str) -> Change:
    """Give a folder another name."""
    return lambda root: (root / folder).rename((root / folder).with_name(name)) and None


CARDS: dict[str, tuple[Change, str, str, str]] = {
    "no label": (written(CARD, "label: PostgreSQL\n", ""), f"{CARD}:1", "`label` is missing", "add it: What the"),
    "no summary": (written(CARD, "summary:", "sumary:"), f"{CARD}:2", "unknown key", "`summary`"),
    "an unknown key": (appended(CARD, "color: blue\n"), f"{CARD}:24", "unknown key", "use one of"),
    "a status that there is not": (
        written(CARD, "status: executed", "status: rumoured"),
        f"{CARD}:4", "`status` has to be one of `executed`", "write one of them",
    ),
    "an order that is no number": (written(CARD, "order: 20", "order: last"), f"{CARD}:5", "whole number", "digits"),
    "a text that YAML takes for another": (
        written(CARD, "label: PostgreSQL", "label: no"), f"{CARD}:1", "has to be text", "put it in quotes"
    ),
    "an empty label": (written(CARD, "label: PostgreSQL", "label: ''"), f"{CARD}:1", "empty", "write a word"),
    "packages without a group": (
        written(CARD, "requires:\n  prod: [adbc", "requires: [adbc"), f"{CARD}:6", "keys and values", "key: value"
    ),
    "a clash with a misspelt axis": (
        appended(CARD, "clashes:\n  - {axis: modelling, choice: obt, because: of it}\n"),
        f"{CARD}:25", "there is no such axis (`modelling`)", "did you mean `modeling`?",
    ),
    "a clash with a choice that there is not": (
        appended(CARD, "clashes:\n  - {axis: modeling, choice: stars, because: of it}\n"),
        f"{CARD}:25", "`modeling` has no such choice (`stars`)", "did you mean `star`?",
    ),
    "a clash without a reason": (
        appended(CARD, "clashes:\n  - {axis: modeling, choice: star}\n"), f"{CARD}:25", "`because` is missing", "add it"
    ),
    "a clash that is no pair": (appended(CARD, "clashes: [airflow]\n"), f"{CARD}:24", "keys and values", "key: value"),
    "a folder that is brought and not there": (
        appended(CARD, "brings: [duckd]\n"), f"{CARD}:24", "no such folder beside", "did you mean `duckdb`?"
    ),
    "a capability that the axis does not know": (
        written(CARD, "  writers: 4", "  writer: 4"), f"{CARD}:17", "unknown key (`writer`)", "`writers`"
    ),
    "a capability of another type": (
        written(CARD, "writers: 4", "writers: four"), f"{CARD}:17", "`writers` has to be a whole number", "digits"
    ),
    "a capability that is missing": (
        written(CARD, "  server: postgres\n", ""), f"{CARD}:9", "`server` is missing", "The ODCS type of the server"
    ),
    "a variable without a purpose": (
        written(CARD, "WAREHOUSE_PORT: Port of the production database; 5432 by default", "WAREHOUSE_PORT:"),
        f"{CARD}:20", "`WAREHOUSE_PORT` has to be text", "write a word or a sentence",
    ),
    "a move of a file that is not there": (
        appended(CARD, "moved:\n  transform/profile.yml: profiles.yml\n"),
        f"{CARD}:25", "does not have (`transform/profile.yml`)", "did you mean `transform/profiles.yml`?",
    ),
    "a key that is there twice": (appended(CARD, "order: 30\n"), f"{CARD}:24", "duplicate key", "keep one"),
    "no YAML": (written(CARD, "order: 20", "order: [20"), f"{CARD}:", "this is not YAML", "brackets are closed"),
    "an empty card": (lambda root: (root / CARD).write_text(""), CARD, "the file is empty", "CONTRIBUTING.md"),
    "a card that is a list": (lambda root: (root / CARD).write_text("- a\n"), f"{CARD}:1", "keys and values", ""),
    "bytes that are no UTF-8": (
        lambda root: (root / CARD).write_bytes(b"label: \xff\n"), CARD, "not UTF-8", "save the file as UTF-8"
    ),
    "a choice without a card": (without(CARD), "template/warehouse/postgres", "has no card", "add choice.yml"),
    "a choice with a name that no flag can take": (
        renamed("template/warehouse/postgres", "Post gres"), "template/warehouse/Post gres", "cannot have this name",
        "rename the folder",
    ),
    "an axis without a question": (
        written(AXIS, "question: Which CI system checks every change?\n", ""),
        f"{AXIS}:1", "`question` is missing", "add it",
    ),
    "a default that is no choice": (
        written(AXIS, "default: github", "default: gitlab"), f"{AXIS}:4", "not one of the choices (`gitlab`)",
        "did you mean `github`?",
    ),
    "two defaults of an axis that takes one choice": (
        written(AXIS, "default: github", "default: [github, none]"), f"{AXIS}:4", "takes one choice", "many: true"
    ),
    "an axis with the name of another key": (
        renamed("template/ci", "owner"), "template/owner/axis.yml", "cannot have this name (`owner`)", "rename"
    ),
    "a capability of a type that there is not": (
        appended(AXIS, "sheet:\n  runner: {type: texte, description: Where.}\n"),
        f"{AXIS}:7", "`type` has to be one of", "did you mean `text`?",
    ),
    "an axis without a choice": (
        appended("template/catalogue/axis.yml", "label: C\nquestion: Which?\ndescription: Which one.\n"),
        "template/catalogue/axis.yml", "no choice", "choice.yml",
    ),
    "a folder that is nothing": (
        appended("template/oracle/readme.md", "x\n"), "template/oracle", "neither an axis nor a layer", "axis.yml"
    ),
    "a layer without a reason": (
        written(LAYER, "because: streams that join tables\n", ""), f"{LAYER}:1", "`because` is missing", "add it"
    ),
    "a layer with a condition that no plan knows": (
        written(LAYER, "when: lookups", "when: lookup"), f"{LAYER}:6", "no such fact (`lookup`)", "`lookups`?"
    ),
    "a path with a placeholder that there is not": (
        appended("template/warehouse/postgres/docs/{tabel}.md", "x\n"),
        "template/warehouse/postgres/docs/{tabel}.md", "unknown placeholder (`{tabel}`)", "did you mean `table`?",
    ),
    "a part for a place that there is not": (
        appended("template/warehouse/postgres/_parts/readme_need.jinja", "x\n"),
        "template/warehouse/postgres/_parts/readme_need.jinja", "no file has a place of this name (`readme_need`)",
        "did you mean `readme_needs`?",
    ),
    "a path with an empty placeholder": (
        appended("template/base/docs/{}.md", "x\n"), "template/base/docs/{}.md", "unknown placeholder", "use one of"
    ),
}  # fmt: skip

TEMPLATES: dict[str, tuple[Change, str, str, str]] = {
    "a variable that there is not": (
        appended(TEMPLATE, "[[ platfrom.name ]]\n"), f"{TEMPLATE}:{{last}}", "'platfrom' is undefined", "`platform`?"
    ),
    "an attribute that there is not": (
        appended(TEMPLATE, "[[ platform.nmae ]]\n"), f"{TEMPLATE}:{{last}}", "has no attribute 'nmae'", "plan.model"
    ),
    "a capability that no sheet has": (
        appended(TEMPLATE, "[[ choices.warehouse.sheet.writer ]]\n"),
        f"{TEMPLATE}:{{last}}", "no attribute 'writer'", "plan.model",
    ),
    "a filter that there is not": (
        appended(TEMPLATE, "[[ platform.name | yml ]]\n"), f"{TEMPLATE}:{{last}}", "no such filter: yml", "`yaml`?"
    ),
    "a block that is not closed": (
        appended(TEMPLATE, "[% if platform %]\n"), f"{TEMPLATE}:{{last}}", "this is not a template", "[% … %]"
    ),
    "a filter that cannot take this": (
        appended(TEMPLATE, "[[ plan.files | sum ]]\n"), f"{TEMPLATE}:{{last}}", "TypeError", ""
    ),
    "an include that is not there": (
        appended(TEMPLATE, '[% include "shared/mart.jinja" %]\n'), f"{TEMPLATE}:{{last}}", "includes one", "shared/"
    ),
    "a mistake in what is included": (
        appended("template/shared/contract_servers.jinja", "[[ nothing ]]\n"),
        "template/shared/contract_servers.jinja:{last}", "'nothing' is undefined", "",
    ),
}  # fmt: skip


def assert_answered(said: str, place: str, reason: str, hint: str) -> None:
    """A problem has the place, the reason and the hint."""
    problems = re.split(r"\n(?! )", said)
    assert any(
        each.startswith(place) and reason in each.partition("\n")[0] and hint in each.partition("\n")[2]
        for each in problems
    ), said


@pytest.mark.parametrize("mistake", CARDS)
def test_a_mistake_in_a_card_or_an_axis_has_file_line_and_cure(root, mistake):
    change, place, reason, hint = CARDS[mistake]
    change(root)
    with pytest.raises(PlatformNewError) as refused:
        load_catalog(root)
    assert_answered(str(refused.value), place, reason, hint)


@pytest.mark.parametrize("mistake", TEMPLATES)
def test_a_mistake_in_a_template_has_file_and_line(root, tmp_path, mistake):
    change, place, reason, hint = TEMPLATES[mistake]
    change(root)
    file = root / place.partition(":")[0]
    spec = Spec(platform=Platform(name="acme"), sources=(sample_source("shop"),))
    with pytest.raises(PlatformNewError) as failed:
        flow.create(tmp_path / "acme", spec, git=False, catalog=load_catalog(root))
    assert_answered(str(failed.value), place.format(last=len(file.read_text().splitlines())), reason, hint)
    assert not (tmp_path / "acme").exists()


def test_all_mistakes_of_all_cards_are_said_at_once(root):
    for each in ("a status that there is not", "an order that is no number", "a layer without a reason"):
        CARDS[each][0](root)
    with pytest.raises(PlatformNewError) as refused:
        load_catalog(root)
    assert {(problem.file, problem.line) for problem in refused.value.problems} == {(CARD, 4), (CARD, 5), (LAYER, 1)}


def test_every_place_for_parts_is_in_a_template(root):
    templates = "".join(path.read_text() for path in (root / "template").rglob("*.jinja"))
    # `dbt_on_run_` is put together from the two moments of a build.
    moments = {f"dbt_on_run_{moment}": '"dbt_on_run_" ~ moment' for moment in ("start", "end")}
    assert [place for place in PLACES if moments.get(place, f'"{place}"') not in templates] == []
