"""Every mistake in a card, an axis or a template is reported with its file, its line and a hint."""

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
    """Replace a text in a file."""

    def change(root: Path) -> None:
        text = (root / file).read_text()
        assert old in text
        (root / file).write_text(text.replace(old, new, 1))

    return change


def appended(file: str, text: str) -> Change:
    """Append a text to a file, which may be new."""

    def change(root: Path) -> None:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        with (root / file).open("a") as stream:
            stream.write(text)

    return change


def without(file: str) -> Change:
    """Delete a file."""
    return lambda root: (root / file).unlink()


def renamed(folder: str, name: str) -> Change:
    """Rename a folder."""
    return lambda root: (root / folder).rename((root / folder).with_name(name)) and None


CARDS: dict[str, tuple[Change, str, str, str]] = {
    "no label": (written(CARD, "label: PostgreSQL\n", ""), f"{CARD}:1", "`label` is missing", "add it: The name"),
    "no summary": (written(CARD, "summary:", "sumary:"), f"{CARD}:2", "unknown key", "`summary`"),
    "an unknown key": (appended(CARD, "color: blue\n"), f"{CARD}:24", "unknown key", "use one of"),
    "an unknown status": (
        written(CARD, "status: executed", "status: rumoured"),
        f"{CARD}:4", "`status` has to be one of `executed`", "write one of them",
    ),
    "an order that is not a number": (written(CARD, "order: 20", "order: last"), f"{CARD}:5", "whole number", "digits"),
    "a text that YAML reads as another type": (
        written(CARD, "label: PostgreSQL", "label: no"), f"{CARD}:1", "has to be text", "put it in quotes"
    ),
    "an empty label": (written(CARD, "label: PostgreSQL", "label: ''"), f"{CARD}:1", "empty", "write a word"),
    "packages without a group": (
        written(CARD, "requires:\n  prod: [adbc", "requires: [adbc"), f"{CARD}:6", "keys and values", "key: value"
    ),
    "a clash with a misspelt axis": (
        appended(CARD, "clashes:\n  - {axis: modelling, choice: obt, because: of it}\n"),
        f"{CARD}:25", "unknown axis (`modelling`)", "did you mean `modeling`?",
    ),
    "a clash with an unknown choice": (
        appended(CARD, "clashes:\n  - {axis: modeling, choice: stars, because: of it}\n"),
        f"{CARD}:25", "unknown modeling (`stars`)", "did you mean `star`?",
    ),
    "a clash without a reason": (
        appended(CARD, "clashes:\n  - {axis: modeling, choice: star}\n"), f"{CARD}:25", "`because` is missing", "add it"
    ),
    "a clash without keys": (appended(CARD, "clashes: [airflow]\n"), f"{CARD}:24", "keys and values", "key: value"),
    "a folder in `brings` that does not exist": (
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
    "a move of a file that does not exist": (
        appended(CARD, "moved:\n  transform/profile.yml: profiles.yml\n"),
        f"{CARD}:25", "does not have (`transform/profile.yml`)", "did you mean `transform/profiles.yml`?",
    ),
    "a duplicate key": (appended(CARD, "order: 30\n"), f"{CARD}:24", "duplicate key", "keep one"),
    "invalid YAML": (written(CARD, "order: 20", "order: [20"), f"{CARD}:", "this is not YAML", "brackets are closed"),
    "an empty card": (lambda root: (root / CARD).write_text(""), CARD, "the file is empty", "CONTRIBUTING.md"),
    "a card that is a list": (lambda root: (root / CARD).write_text("- a\n"), f"{CARD}:1", "keys and values", ""),
    "bytes that are not UTF-8": (
        lambda root: (root / CARD).write_bytes(b"label: \xff\n"), CARD, "not UTF-8", "save the file as UTF-8"
    ),
    "a choice without a card": (without(CARD), "template/warehouse/postgres", "has no card", "add choice.yml"),
    "a choice with a name that cannot be a flag's value": (
        renamed("template/warehouse/postgres", "Post gres"), "template/warehouse/Post gres", "cannot have this name",
        "rename the folder",
    ),
    "an axis without a question": (
        written(AXIS, "question: Which CI system checks every change?\n", ""),
        f"{AXIS}:1", "`question` is missing", "add it",
    ),
    "a default that is not a choice": (
        written(AXIS, "default: github", "default: gihtub"), f"{AXIS}:4", "not one of the choices (`gihtub`)",
        "did you mean `github`?",
    ),
    "two defaults of an axis with one choice": (
        written(AXIS, "default: github", "default: [github, none]"), f"{AXIS}:4", "has one choice", "many: true"
    ),
    "an axis with the name of another key": (
        renamed("template/ci", "owner"), "template/owner/axis.yml", "cannot have this name (`owner`)", "rename"
    ),
    "a capability of an unknown type": (
        written(AXIS, "{type: texts, ", "{type: texte, "),
        f"{AXIS}:8", "`type` has to be one of", "did you mean `text`?",
    ),
    "an axis without a choice": (
        appended("template/catalogue/axis.yml", "label: C\nquestion: Which?\ndescription: Which one.\n"),
        "template/catalogue/axis.yml", "no valid choice", "choice.yml",
    ),
    "a folder without a card": (
        appended("template/oracle/readme.md", "x\n"), "template/oracle", "neither an axis nor a layer", "axis.yml"
    ),
    "a layer without a reason": (
        written(LAYER, "because: streams that join tables\n", ""), f"{LAYER}:1", "`because` is missing", "add it"
    ),
    "a layer with an unknown condition": (
        written(LAYER, "when: lookups", "when: lookup"), f"{LAYER}:6", "unknown fact of the plan", "`lookups`?"
    ),
    "a path with an unknown placeholder": (
        appended("template/warehouse/postgres/docs/{tabel}.md", "x\n"),
        "template/warehouse/postgres/docs/{tabel}.md", "unknown placeholder (`{tabel}`)", "did you mean `table`?",
    ),
    "a part for an unknown place": (
        appended("template/warehouse/postgres/_parts/readme_need.jinja", "x\n"),
        "template/warehouse/postgres/_parts/readme_need.jinja", "no file includes parts of this name (`readme_need`)",
        "did you mean `readme_needs`?",
    ),
    "a path with an empty placeholder": (
        appended("template/base/docs/{}.md", "x\n"), "template/base/docs/{}.md", "unknown placeholder", "use one of"
    ),
}  # fmt: skip

TEMPLATES: dict[str, tuple[Change, str, str, str]] = {
    "an unknown variable": (
        appended(TEMPLATE, "[[ platfrom.name ]]\n"), f"{TEMPLATE}:{{last}}", "'platfrom' is undefined", "`platform`?"
    ),
    "an unknown attribute": (
        appended(TEMPLATE, "[[ platform.nmae ]]\n"), f"{TEMPLATE}:{{last}}", "has no attribute 'nmae'", "plan.model"
    ),
    "a capability that no sheet has": (
        appended(TEMPLATE, "[[ choices.warehouse.sheet.writer ]]\n"),
        f"{TEMPLATE}:{{last}}", "no attribute 'writer'", "plan.model",
    ),
    "an unknown filter": (
        appended(TEMPLATE, "[[ platform.name | yml ]]\n"), f"{TEMPLATE}:{{last}}", "unknown filter: yml", "`yaml`?"
    ),
    "a block that is not closed": (
        appended(TEMPLATE, "[% if platform %]\n"), f"{TEMPLATE}:{{last}}", "invalid template", "[% … %]"
    ),
    "a filter that cannot take the value": (
        appended(TEMPLATE, "[[ plan.files | sum ]]\n"), f"{TEMPLATE}:{{last}}", "TypeError", ""
    ),
    "an include that does not exist": (
        appended(TEMPLATE, '[% include "shared/mart.jinja" %]\n'), f"{TEMPLATE}:{{last}}", "unknown template", "shared/"
    ),
    "a mistake in an included template": (
        appended("template/shared/contract_servers.jinja", "[[ nothing ]]\n"),
        "template/shared/contract_servers.jinja:{last}", "'nothing' is undefined", "",
    ),
}  # fmt: skip


def assert_reported(said: str, place: str, reason: str, hint: str) -> None:
    """A problem has the place, the reason and the hint."""
    problems = re.split(r"\n(?! )", said)
    assert any(
        each.startswith(place) and reason in each.partition("\n")[0] and hint in each.partition("\n")[2]
        for each in problems
    ), said


@pytest.mark.parametrize("mistake", CARDS)
def test_a_mistake_in_a_card_or_an_axis_has_file_line_and_hint(root, mistake):
    change, place, reason, hint = CARDS[mistake]
    change(root)
    with pytest.raises(PlatformNewError) as refused:
        load_catalog(root)
    assert_reported(str(refused.value), place, reason, hint)


@pytest.mark.parametrize("mistake", TEMPLATES)
def test_a_mistake_in_a_template_has_file_and_line(root, tmp_path, mistake):
    change, place, reason, hint = TEMPLATES[mistake]
    change(root)
    file = root / place.partition(":")[0]
    spec = Spec(platform=Platform(name="acme"), sources=(sample_source("shop"),))
    with pytest.raises(PlatformNewError) as failed:
        flow.create(tmp_path / "acme", spec, git=False, catalog=load_catalog(root))
    assert_reported(str(failed.value), place.format(last=len(file.read_text().splitlines())), reason, hint)
    assert not (tmp_path / "acme").exists()


def test_all_mistakes_of_all_cards_are_reported_at_once(root):
    for each in ("an unknown status", "an order that is not a number", "a layer without a reason"):
        CARDS[each][0](root)
    with pytest.raises(PlatformNewError) as refused:
        load_catalog(root)
    assert {(problem.file, problem.line) for problem in refused.value.problems} == {(CARD, 4), (CARD, 5), (LAYER, 1)}


def test_every_place_for_parts_is_in_a_template(root):
    templates = "".join(path.read_text() for path in (root / "template").rglob("*.jinja"))
    # The templates build `dbt_on_run_start` and `dbt_on_run_end` from two parts.
    hooks = {f"dbt_on_run_{moment}": '"dbt_on_run_" ~ moment' for moment in ("start", "end")}
    assert [place for place in PLACES if hooks.get(place, f'"{place}"') not in templates] == []
