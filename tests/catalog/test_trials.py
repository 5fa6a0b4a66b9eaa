"""Trials of the architecture: a folder is added to a copy of this project, no line of Python; everything knows it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from platform_new.catalog import template_root

CATALOGUE = {
    "axis.yml": """\
label: Data catalogue
question: Where do people look for data?
description: Where people look for data.
default: none
order: 45
sheet:
  port: {type: number, description: The port of its server.}
""",
    "none/choice.yml": "label: None\nsummary: No catalogue.\nwhy: dbt's docs are enough.\nstatus: executed\n",
    "datahub/choice.yml": """\
label: DataHub
summary: An open catalogue.
why: Lineage across tools.
status: compiled
sheet:
  port: 8080
  variables: {DATAHUB_GMS_URL: Where DataHub listens}
  folders: {catalogue: what DataHub reads}
""",
    "datahub/catalogue/{source}.yml.jinja": (
        "source: [[ source.name ]]\nserver: http://localhost:[[ choices.catalogue.sheet.port ]]\n"
    ),
}
OBSERVABILITY = {
    "axis.yml": """\
label: Observability
question: What watches the runs?
description: What watches the runs.
many: true
""",
    "grafana/choice.yml": "label: Grafana\nsummary: Dashboards.\nwhy: It is free.\nstatus: compiled\norder: 10\n",
    "grafana/observability/grafana.yml.jinja": "name: [[ platform.name ]]\n",
    "datadog/choice.yml": """\
label: Datadog
summary: A service.
why: Nothing to run.
status: compiled
order: 20
clashes:
  - {axis: ci, choice: none, because: its checks run in CI}
sheet:
  variables: {DD_API_KEY: The key of Datadog}
""",
    "datadog/observability/datadog.yml.jinja": (
        "watched_by: [[ choices.observability | map(attribute='name') | list | py ]]\n"
    ),
}


@dataclass(frozen=True)
class Fork:
    """A copy of this project, and a folder to run its command in."""

    root: Path
    here: Path

    def add(self, axis: str, files: dict[str, str]) -> None:
        """Add the files of an axis."""
        for name, text in files.items():
            path = self.root / "template" / axis / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def run(self, *words: str, folder: str = ".", **variables: str) -> subprocess.CompletedProcess[str]:
        """Run the command of the copy."""
        environment = {**os.environ, "PYTHONPATH": str(self.root / "src"), **variables}
        command = [sys.executable, "-m", "platform_new", *words]
        return subprocess.run(
            command, cwd=self.here / folder, env=environment, capture_output=True, text=True, check=False
        )

    def must(self, *words: str, folder: str = ".", **variables: str) -> str:
        """What the command of the copy prints; it has to end well."""
        done = self.run(*words, folder=folder, **variables)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def platform(self, folder: str = "acme") -> dict:
        """The content of `platform.yml`."""
        return yaml.safe_load((self.here / folder / "platform.yml").read_text())


@pytest.fixture
def fork(tmp_path: Path) -> Fork:
    """A copy of this project, as somebody has it who adds a choice."""
    root = tmp_path / "fork"
    for name in ("src", "template"):
        shutil.copytree(template_root() / name, root / name, ignore=shutil.ignore_patterns("__pycache__", ".*_cache"))
    shutil.copy(template_root() / "copier.yml", root)
    (tmp_path / "here").mkdir()
    return Fork(root, tmp_path / "here")


def test_an_axis_is_a_folder_and_nothing_else(fork):
    fork.add("catalogue", CATALOGUE)
    assert "--catalogue" in fork.must("new", "--help")
    assert "datahub  DataHub: An open catalogue." in fork.must("choices", "catalogue")
    property_ = json.loads(fork.must("schema", "platform"))["properties"]["catalogue"]
    assert (property_["enum"], property_["default"]) == (["datahub", "none", None], "none")

    fork.must("acme", "--yes")
    assert fork.platform()["catalogue"] == "none"
    assert not (fork.here / "acme/catalogue").exists()
    fork.must("by-flag", "--yes", "--catalogue", "datahub")
    fork.must("by-variable", "--yes", PLATFORM_NEW_CATALOGUE="datahub")
    (fork.here / "answers.yml").write_text("catalogue: datahub\n")
    fork.must("by-file", "--yes", "--spec", "answers.yml")
    for folder in ("by-flag", "by-variable", "by-file"):
        assert (
            fork.here / folder / "catalogue/shop.yml"
        ).read_text() == "source: shop\nserver: http://localhost:8080\n"

    fork.must("set", "catalogue", "datahub", "--commit", folder="acme")
    assert 'catalogue: "datahub"  # or none' in (fork.here / "acme/platform.yml").read_text()
    assert "DATAHUB_GMS_URL" in (fork.here / "acme/.env.example").read_text()
    plan = json.loads(fork.must("plan", "--json", folder="acme"))
    assert plan["choices"]["catalogue"] == "datahub"
    assert {"catalogue datahub × source shop"} == {
        file["because"] for file in plan["files"] if file["path"].startswith("catalogue/")
    }
    assert "catalogue datahub" in fork.must("why", "catalogue/shop.yml", folder="acme")
    card = fork.root / "template/catalogue/datahub/choice.yml"
    card.write_text(card.read_text().replace("8080", "8181"))
    fork.must("update", "--commit", folder="acme")
    assert "8181" in (fork.here / "acme/catalogue/shop.yml").read_text()
    fork.must("check", folder="acme")


def test_a_choice_of_a_new_axis_is_refused_as_any_other(fork):
    fork.add("catalogue", CATALOGUE)
    done = fork.run("acme", "--yes", "--catalogue", "datahb")
    assert done.returncode == 2
    assert (
        "--catalogue: there is no such choice for `catalogue` (`datahb`)\n    → did you mean `datahub`?" in done.stderr
    )


def test_an_axis_may_take_several_choices(fork):
    fork.add("observability", OBSERVABILITY)
    property_ = json.loads(fork.must("schema", "platform"))["properties"]["observability"]
    assert property_["anyOf"][1]["items"]["enum"] == ["grafana", "datadog"]

    fork.must("acme", "--yes")
    assert fork.platform()["observability"] == []
    assert not (fork.here / "acme/observability").exists()

    fork.must("both", "--yes", "--observability", "grafana,datadog")
    fork.must("each", "--yes", "--observability", "grafana", "--observability", "datadog")
    fork.must("said", "--yes", PLATFORM_NEW_OBSERVABILITY="grafana, datadog")
    for folder in ("both", "each", "said"):
        assert fork.platform(folder)["observability"] == ["grafana", "datadog"]
        watched = (fork.here / folder / "observability/datadog.yml").read_text()
        assert watched == 'watched_by: ["grafana", "datadog"]\n'
        assert (fork.here / folder / "observability/grafana.yml").exists()
        assert "DD_API_KEY" in (fork.here / folder / ".env.example").read_text()
    assert json.loads(fork.must("plan", "--json", folder="both"))["choices"]["observability"] == ["grafana", "datadog"]


def test_choices_are_added_and_taken_away_one_by_one(fork):
    fork.add("observability", OBSERVABILITY)
    fork.must("acme", "--yes")
    fork.must("set", "observability+=datadog", "--commit", folder="acme")
    assert fork.platform()["observability"] == ["datadog"]
    fork.must("set", "observability+=", "grafana", "--commit", folder="acme")
    assert fork.platform()["observability"] == ["datadog", "grafana"]
    fork.must("set", "observability-=datadog", "--commit", folder="acme")
    assert fork.platform()["observability"] == ["grafana"]
    assert not (fork.here / "acme/observability/datadog.yml").exists()
    fork.must("set", "observability", "datadog,grafana", "--commit", folder="acme")
    assert fork.platform()["observability"] == ["datadog", "grafana"]
    fork.must("set", "observability=", "--commit", folder="acme")
    assert fork.platform().get("observability", []) == []
    fork.must("check", folder="acme")

    refused = {
        ("observability-=grafana",): "has not been given this choice",
        ("warehouse+=postgres",): "a platform takes one choice of `warehouse`",
        ("owner+=me",): "`owner` is one text",
        ("observability+=grafanna",): "did you mean `grafana`?",
        ("observability",): "the value is missing",
    }
    before = (fork.here / "acme/platform.yml").read_text()
    for words, reason in refused.items():
        done = fork.run("set", *words, folder="acme")
        assert done.returncode == 2, words
        assert reason in done.stderr
    assert (fork.here / "acme/platform.yml").read_text() == before


def test_the_rules_hold_for_each_of_several_choices(fork):
    fork.add("observability", OBSERVABILITY)
    fork.must("acme", "--yes")
    path = fork.here / "acme/platform.yml"
    text = path.read_text().replace("observability: []", "observability: [grafana, datadg, grafana]")
    path.write_text(text)
    line = text[: text.index("observability:")].count("\n") + 1
    done = fork.run("check", folder="acme")
    assert f"platform.yml:{line}: there is no such choice for `observability` (`datadg`)" in done.stdout
    assert f"platform.yml:{line}: the choice is there twice (`grafana`)" in done.stdout
    path.write_text(text.replace("[grafana, datadg, grafana]", "datadog").replace("ci: github", "ci: none"))
    done = fork.run("check", folder="acme")
    assert "Datadog cannot be combined with ci `none`: its checks run in CI" in done.stdout
    path.write_text(text.replace("[grafana, datadg, grafana]", "grafana"))
    fork.must("update", "--commit", folder="acme")
    assert (fork.here / "acme/observability/grafana.yml").exists()
