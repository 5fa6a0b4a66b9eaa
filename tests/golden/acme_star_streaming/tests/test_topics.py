"""Every topic has its contracts, and a change of one is what `make topics-check` says it is."""

from __future__ import annotations

import copy
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from stream import evolution
from stream.evolution import compare

ROOT = Path(__file__).parents[1]
KINDS = (".schema.json", ".avsc", ".odcs.yaml")
LINE = {"type": "object", "required": ["sku"], "properties": {"sku": {"type": "string"}}}
ORDERS: dict[str, Any] = {
    "title": "orders.v1",
    "x-topic": {
        "source": "shop",
        "key": "id",
        "eventTime": "at",
        "lateness": "1 minute",
        "partitions": 4,
        "replication": 1,
        "retention": "7 days",
    },
    "type": "object",
    "required": ["id", "at"],
    "properties": {
        "id": {"type": "integer", "format": "int32"},
        "at": {"type": "string", "format": "date-time"},
        "status": {"type": ["string", "null"], "enum": ["open", "paid", None]},
        "amount": {
            "type": ["number", "null"],
            "format": "decimal",
            "minimum": 0,
            "maximum": 100,
            "x-type": "numeric(6, 2)",
        },
        "buyer": {
            "type": "object",
            "required": ["name"],
            "properties": {"name": {"type": "string"}, "age": {"type": ["integer", "null"]}},
        },
        "lines": {"type": ["array", "null"], "items": LINE},
    },
}
FIELDS = ("properties",)
GONE = object()

COMPATIBLE = [
    ((*FIELDS, "note"), {"type": ["string", "null"]}, "note is new"),
    ((*FIELDS, "status"), GONE, "status is gone"),
    ((*FIELDS, "id", "format"), "int64", "id is int64, it was int32"),
    ((*FIELDS, "amount", "x-type"), "numeric(9, 3)", "amount is numeric(9, 3)"),
    ((*FIELDS, "amount", "minimum"), -5, "amount `minimum` is `-5`, it was `0`"),
    ((*FIELDS, "amount", "maximum"), GONE, "amount `maximum` is none"),
    ((*FIELDS, "status", "enum"), ["open", "paid", "sent", None], "status may be `sent`"),
    ((*FIELDS, "status", "enum"), GONE, "status may have any value"),
    ((*FIELDS, "buyer", "required"), [], "buyer.name is optional now"),
    ((*FIELDS, "lines", "items", *FIELDS, "n"), {"type": ["integer", "null"]}, "lines[].n is new"),
    (("x-topic", "partitions"), 8, "has 8 partitions, it had 4"),
    (("x-topic", "lateness"), "5 minutes", "`lateness` is `5 minutes`"),
    (("x-topic", "retention"), "1 day", "`retention` is `1 day`"),
]
BREAKING = [
    (("required",), ["id", "at", "status"], "status is required now"),
    ((*FIELDS, "id", "format"), "int16", "id is int16, it was int32"),
    ((*FIELDS, "id"), {"type": "string"}, "id is string, it was int32"),
    ((*FIELDS, "amount", "x-type"), "numeric(6, 3)", "amount is numeric(6, 3)"),
    ((*FIELDS, "amount", "maximum"), 50, "amount `maximum` is `50`, it was `100`"),
    ((*FIELDS, "status", "enum"), ["paid", None], "status has no value `open` any more"),
    ((*FIELDS, "buyer", *FIELDS, "name", "enum"), ["me"], "buyer.name is one of `me`"),
    ((*FIELDS, "lines"), {"type": ["string", "null"]}, "lines is string, it was array"),
    ((*FIELDS, "lines", "items", *FIELDS, "sku", "format"), "uuid", "lines[].sku is uuid"),
    (("x-topic", "key"), "at", "`key` is `at`, it was `id`"),
    (("x-topic", "eventTime"), "sent", "`eventTime` is `sent`, it was `at`"),
    (("x-topic", "partitions"), 2, "has 2 partitions, it had 4"),
]


def changed(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """The contract of orders with one thing changed."""
    schema = copy.deepcopy(ORDERS)
    part = schema
    for step in path[:-1]:
        part = part[step]
    if value is GONE:
        del part[path[-1]]
    else:
        part[path[-1]] = value
    return schema


def test_every_topic_has_its_contracts():
    topics = {
        (source["name"], topic["name"])
        for path in (ROOT / "sources").glob("*.yml")
        for source in [yaml.safe_load(path.read_text(encoding="utf-8"))]
        for topic in source.get("topics", ())
    }
    folder = ROOT / "contracts" / "topics"
    for kind in KINDS:
        found = {(path.parent.name, path.name[: -len(kind)]) for path in folder.rglob(f"*{kind}")}
        assert found == topics


def test_an_equal_contract_has_not_changed():
    assert list(compare({"o": ORDERS}, {"o": copy.deepcopy(ORDERS)})) == []


@pytest.mark.parametrize(("path", "value", "said"), COMPATIBLE, ids=lambda value: str(value)[:40])
def test_a_change_that_keeps_all_messages_valid_is_compatible(path, value, said):
    (change,) = compare({"o": ORDERS}, {"o": changed(path, value)})

    assert change.compatible
    assert said in str(change)


@pytest.mark.parametrize(("path", "value", "said"), BREAKING, ids=lambda value: str(value)[:40])
def test_a_change_that_makes_messages_invalid_is_not_compatible(path, value, said):
    (change,) = compare({"o": ORDERS}, {"o": changed(path, value)})

    assert not change.compatible
    assert said in str(change)


def test_a_required_field_cannot_be_added():
    schema = changed((*FIELDS, "note"), {"type": "string"})
    schema["required"] = [*ORDERS["required"], "note"]
    (change,) = compare({"o": ORDERS}, {"o": schema})

    assert not change.compatible
    assert "make it optional" in str(change)


def test_a_new_version_of_a_topic_is_a_new_topic():
    later = changed((*FIELDS, "id"), {"type": "string"})
    changes = list(compare({"orders.v1": ORDERS}, {"orders.v1": ORDERS, "orders.v2": later}))

    assert [(change.what, change.compatible) for change in changes] == [("is new", True)]


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A git repository with the contract of one topic, of which the last commit is the second."""
    monkeypatch.setattr(evolution, "ROOT", tmp_path)
    write(tmp_path, ORDERS)
    git(tmp_path, "init", "--quiet", "--initial-branch", "main")
    commit(tmp_path)
    write(tmp_path, changed((*FIELDS, "note"), {"type": ["string", "null"]}))
    commit(tmp_path)
    return tmp_path


def write(folder: Path, schema: dict[str, Any]) -> None:
    path = folder / "contracts" / "topics" / "shop" / "orders.schema.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(schema), encoding="utf-8")


def git(folder: Path, *arguments: str) -> None:
    who = [
        "-c",
        "user.name=test",
        "-c",
        "user.email=test@example.com",
        "-c",
        "commit.gpgsign=false",
    ]
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


def commit(folder: Path) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--no-verify", "--message", "change")


def test_the_last_commit_is_compared_with_the_one_before_it(repository, capsys):
    assert evolution.main([]) == 0
    assert "compatible: shop/orders.v1: note is new" in capsys.readouterr().out


def test_uncommitted_changes_are_compared_with_the_last_commit(repository, capsys):
    write(repository, changed((*FIELDS, "id"), {"type": "string"}))

    assert evolution.main([]) == 1
    said = capsys.readouterr().out
    assert "NOT COMPATIBLE: shop/orders.v1: id is string, it was int32" in said
    assert "a topic of their own" in said


def test_a_branch_is_compared_with_where_it_left_main(repository, capsys):
    git(repository, "switch", "--quiet", "--create", "change")
    for values in (["open", "paid", "sent", None], ["open", "paid", "sent", "lost", None]):
        write(repository, changed((*FIELDS, "status", "enum"), values))
        commit(repository)

    assert evolution.main([]) == 0
    said = capsys.readouterr().out
    assert "status may be `sent`, `lost`" in said
    assert "where this branch left main" in said


def test_any_commit_can_be_named(repository):
    assert evolution.main(["HEAD"]) == 0
    assert evolution.main(["no-such-commit"]) == 1


def test_without_history_nothing_is_compared(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(evolution, "ROOT", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))

    assert evolution.main([]) == 0
    assert "compared with nothing: there is no git history here" in capsys.readouterr().out
