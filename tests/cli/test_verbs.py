"""The commands that create and change nothing: plan, why, check, choices, schema."""

from __future__ import annotations

import json

import pytest

from platform_new.catalog import load_catalog, template_root
from platform_new.cli.app import COMMANDS


def test_plan_shows_each_file_with_its_reason(run):
    lines = run("plan acme").out.splitlines()
    assert lines[0] == "acme/"
    assert any(line.endswith("# modeling star × fact order_items") and "fct_order_items.sql" in line for line in lines)
    assert "warehouse: DuckDB" in lines


def test_plan_in_a_repository_reads_its_spec_from_any_folder_in_it(run, repository, monkeypatch):
    (repository / "platform.yml").write_text("name: acme\nmodeling: obt\n")
    monkeypatch.chdir(repository / "transform" / "models")
    plan = json.loads(run("plan --json").out)
    assert plan["choices"]["modeling"] == "obt"
    assert {mart["kind"] for mart in plan["marts"]} == {"wide"}


def test_plan_as_json_has_the_files_that_are_written(run, repository):
    planned = {file["path"] for file in json.loads(run("plan --json").out)["files"]}
    written = {path.relative_to(repository).as_posix() for path in repository.rglob("*") if path.is_file()}
    assert planned <= written
    assert all(path.startswith((".platform/", "sources/", "platform.yml")) for path in written - planned)


def test_plan_outside_a_repository_says_what_to_do(run, here):
    outcome = run("plan")
    assert outcome.code == 2
    assert "change to a repository that platform-new generated, or create one: `platform-new NAME`" in outcome.err


def test_why_names_reason_template_and_the_line_of_the_spec(run, repository):
    lines = run("why transform/models/marts/fct_order_items.sql").out.splitlines()
    assert lines[0] == "transform/models/marts/fct_order_items.sql"
    assert lines[1] == "  because  modeling star × fact order_items"
    assert lines[2].endswith("template/modeling/star/transform/models/marts/fct_{fact}.sql.jinja")
    spec = (repository / "sources/shop.yml").read_text().splitlines()
    assert lines[3] == f"  spec     sources/shop.yml:{spec.index('  - name: order_items') + 1}"


def test_why_of_a_line_names_the_line_of_the_template(run, repository):
    """A verbatim file has its template's lines; a rendered file has them with values filled in."""
    verbatim = (repository / "ingest/__main__.py").read_text().splitlines()
    number = next(number for number, line in enumerate(verbatim, 1) if line.startswith("def "))
    assert f"template/base/ingest/__main__.py:{number}\n" in run(f"why ingest/__main__.py:{number}").out
    rendered = (repository / "README.md").read_text().splitlines()
    number = next(number for number, line in enumerate(rendered, 1) if line.startswith("## "))
    template = (template_root() / "template/base/README.md.jinja").read_text().splitlines()
    assert f"README.md.jinja:{template.index(rendered[number - 1]) + 1}\n" in run(f"why README.md:{number}").out


def test_why_finds_an_entity_for_every_file_that_has_one(run, repository):
    """Each file that is generated for a source, a table or a mart of a table leads back to a line of the spec."""
    for file in json.loads(run("plan --json").out)["files"]:
        reason = file["because"]
        of_all = (
            "calendar date",
            "mart dim_date",
            "calendar dim_date",
            "job build_marts",
            "job check_freshness",
            "incremental incremental",
            "weights weights",
        )
        if " × " in reason and not reason.endswith(of_all):
            assert "  spec     sources/shop.yml:" in run("why", file["path"]).out, reason


def test_why_takes_a_path_relative_to_the_current_folder(run, repository, monkeypatch):
    monkeypatch.chdir(repository / "docs")
    assert "because  every platform" in run("why ../Makefile").out
    assert "because  every platform" in run("why Makefile").out


def test_why_knows_the_files_that_are_yours(run, repository):
    assert "yours" in run("why platform.yml").out
    assert "yours" in run("why sources/shop.yml").out


def test_why_suggests_a_file_for_one_that_is_not_there(run, repository):
    outcome = run("why fct_order_items.sql")
    assert outcome.code == 2
    assert "`transform/models/marts/fct_order_items.sql`" in outcome.err


def test_choices_lists_every_card(run):
    out = run("choices").out
    for axis in load_catalog().axes.values():
        for choice in axis.choices.values():
            assert choice.summary in out


def test_choices_as_json_can_be_limited_to_one_axis(run):
    data = json.loads(run("choices warehouse --json").out)
    assert list(data) == ["warehouse"]
    assert set(data["warehouse"]["choices"]) == set(load_catalog().axes["warehouse"].choices)


@pytest.mark.parametrize("file", ["platform", "source"])
def test_schema_prints_what_a_repository_carries(run, repository, file):
    assert run(f"schema {file}").out == (repository / f".platform/schema/{file}.json").read_text()


def test_check_reports_what_is_broken_with_a_hint(run, repository):
    (repository / "sources/shop.yml").write_text("name: shop\nkind: postgres\ntables: []\n")
    outcome = run("check")
    assert outcome.code == 1
    assert "sources/shop.yml:3: `tables` needs at least 1" in outcome.out
    found = json.loads(run("check . --json").out)
    assert found[0]["problems"][0]["file"] == "sources/shop.yml"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_help_has_an_example(run, command):
    outcome = run(f"{command} --help")
    assert outcome.code == 0
    examples = [line for line in outcome.out.splitlines() if line.startswith("  platform-new ")]
    assert examples, outcome.out


def test_help_and_version(run):
    assert "platform-new acme --yes" in run("--help").out
    assert run("--version").out.startswith("platform-new ")
