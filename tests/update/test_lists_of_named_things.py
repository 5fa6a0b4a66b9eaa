"""The team and the template both add to one YAML list, in a generated repository, by the command."""

from __future__ import annotations

import json

import pytest
import yaml
from repositories import SOURCE

from platform_new.cli import main

STAGING = "transform/models/staging/shop/stg_shop__stores.yml"
MART = "transform/models/marts/dim_stores.yml"
CONTRACT = "contracts/inbound/shop/stores.odcs.yaml"
OURS = {
    STAGING: "      # computed in the model\n      - name: label_length  # in characters\n        data_type: integer\n",
    MART: "      # computed in the model\n      - name: label_length  # in characters\n        data_type: integer\n",
    CONTRACT: "      # from May on\n      - name: label_length  # in characters\n        logicalType: integer\n",
}
ADDED = SOURCE.rstrip("\n") + "\n      - {name: size, type: integer, description: In square metres}\n"


@pytest.fixture
def command(repository, monkeypatch, capsys):
    """A function that runs the command line in the repository; returns its exit code and output."""
    monkeypatch.chdir(repository.folder)

    def run(*words: str) -> tuple[int, str]:
        return main(words), "".join(capsys.readouterr())

    return run


def with_column(text: str, lines: str) -> str:
    """The text with another column after the last."""
    columns, *tests = text.split("\nunit_tests:")
    return "\nunit_tests:".join((columns + lines, *tests))


def names(text: str) -> list[str]:
    """The column names of the only model or table in a text."""
    data = yaml.safe_load(text)
    (thing,) = data.get("models") or data["schema"]
    return [column["name"] for column in thing.get("columns") or thing["properties"]]


def test_both_add_a_column(repository, command):
    for path, lines in OURS.items():
        repository.write(path, with_column(repository.read(path), lines))
    repository.commit()
    before = {path: repository.read(path) for path in OURS}
    repository.write("sources/shop.yml", ADDED)
    planned = json.loads(command("update", "--plan", "--json")[1])
    outcomes = {each["path"]: each["outcome"] for each in planned["files"]}
    assert {outcomes[path] for path in OURS} == {"merged"}
    code, said = command("update")
    assert code == 0, said
    for path, text in before.items():
        after = repository.read(path)
        assert OURS[path] in after
        # A dimension with history has its validity columns after the columns of its table.
        validity = {"valid_from", "valid_to", "is_current"}
        assert [name for name in names(after) if name not in validity][-2:] == ["size", "label_length"]
        assert sorted(names(after)) == sorted([*names(text), "size"])
    assert not repository.git("ls-files", "--unmerged")
    merged = {path: repository.read(path) for path in OURS}
    assert command("update")[0] == 0
    assert {path: repository.read(path) for path in OURS} == merged


def test_both_add_a_column_with_different_descriptions(repository, command):
    """The team must choose the description; additions that do not contradict each other are merged."""
    same = "      - name: size\n        description: How large it is\n"
    repository.write(STAGING, repository.read(STAGING) + same)
    repository.write(MART, with_column(repository.read(MART), OURS[MART]))
    repository.commit()
    repository.write("sources/shop.yml", ADDED)
    code, said = command("update")
    assert code == 3, said
    assert repository.git("diff", "--name-only", "--diff-filter=U").split() == [STAGING]
    assert OURS[MART] in repository.read(MART)
    assert command("update", "--abort")[0] == 0
    assert repository.read(STAGING).endswith(same)
