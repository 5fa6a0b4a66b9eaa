"""At a terminal, a handful of questions leads to a platform."""

from __future__ import annotations

import os
import re
import sys

import pexpect
import pytest

from platform_new.catalog import load_catalog

ENTER, DOWN, CTRL_C = "\r", "\x1b[B", "\x03"
SECONDS = 300


@pytest.fixture
def at_terminal(here):
    """A function that runs a command line at its own terminal."""
    children = []

    def spawn(arguments: str, **variables: str) -> pexpect.spawn:
        environment = {**os.environ, "TERM": "xterm", "NO_COLOR": "1", **variables}
        command = f"{sys.executable} -m platform_new {arguments}"
        child = pexpect.spawn(command, env=environment, encoding="utf-8", timeout=SECONDS, dimensions=(60, 160))
        children.append(child)
        return child

    yield spawn
    for child in children:
        child.close(force=True)


def code_of(child: pexpect.spawn) -> int:
    child.expect(pexpect.EOF)
    child.wait()
    return child.exitstatus


def axes():
    return [axis for axis in load_catalog().questions if len(axis.choices) > 1 and axis.asked]


def test_six_questions_at_most_lead_to_a_platform(at_terminal, here):
    """The source, one question for each axis, and the confirmation: Enter answers each."""
    child = at_terminal("acme --no-git")
    child.expect("Where does the data come from")
    child.expect("shop — ")
    child.send(ENTER)
    for axis in axes():
        child.expect(re.escape(axis.question))
        for choice in axis.choices.values():
            child.expect(re.escape(f"{choice.label} — {choice.summary}"[:60]))
        child.send(ENTER)
    child.expect("acme/")
    child.expect("platform.yml|Makefile")
    child.expect(r"Write these \d+ files")
    assert not (here / "acme").exists()
    child.send(ENTER)
    child.expect("make run")
    assert code_of(child) == 0
    assert (here / "acme/sources/shop.yml").is_file()
    assert 1 + len(axes()) + 1 <= 6


def test_a_mistake_is_reported_before_anything_is_asked(at_terminal, here):
    (here / "acme").mkdir()
    (here / "acme" / "file").touch()
    child = at_terminal("acme --warehouse x")
    child.expect("the folder exists and is not empty")
    child.expect("unknown warehouse")
    assert code_of(child) == 2


def test_arrow_keys_choose(at_terminal, here):
    child = at_terminal("acme --no-git")
    child.expect("Where does the data come from")
    child.send(ENTER)
    for axis in axes():
        child.expect(re.escape(axis.question))
        child.send(DOWN + ENTER if axis.name == "warehouse" else ENTER)
    child.expect("Write these")
    child.send(ENTER)
    assert code_of(child) == 0
    second = list(load_catalog().axes["warehouse"].choices)[1]
    assert f"warehouse: {second}" in (here / "acme/platform.yml").read_text()


def test_what_has_an_answer_is_not_asked(at_terminal, here):
    flags = " ".join(f"--{axis.name} {axis.default[0]}" for axis in axes())
    child = at_terminal(f"acme --no-git --sample shop {flags}")
    child.expect("Write these")
    for axis in axes():
        assert axis.question not in child.before
    child.send(ENTER)
    assert code_of(child) == 0


def test_with_from_nothing_is_asked(at_terminal, here):
    (here / "exports").mkdir()
    (here / "exports" / "orders.csv").write_text("order_id\n1\n")
    child = at_terminal("acme --no-git --from exports")
    assert code_of(child) == 0
    assert (here / "acme/sources/exports.yml").is_file()


def test_the_password_of_a_typed_address_is_not_shown(at_terminal, here):
    child = at_terminal("acme --no-git")
    child.expect("Where does the data come from")
    child.send("\x1b[A" + ENTER)
    child.expect("Database address")
    child.send("postgresql://me:s3cr3t@127.0.0.1:1/shop")
    child.send(ENTER)
    for axis in axes():
        child.expect(re.escape(axis.question))
        child.send(ENTER)
    child.expect("cannot be reached")
    assert "s3cr3t" not in child.before + child.read()
    child.wait()
    assert child.exitstatus == 2
    assert list(here.iterdir()) == []


@pytest.mark.parametrize("prompt", ["Where does the data come from", "Write these"])
def test_ctrl_c_at_a_question_writes_nothing(at_terminal, here, prompt):
    flags = " ".join(f"--{axis.name} {axis.default[0]}" for axis in axes()) if prompt == "Write these" else ""
    child = at_terminal(f"acme {flags} {'--sample shop' if flags else ''}")
    child.expect(prompt)
    child.send(CTRL_C)
    assert code_of(child) == 130
    assert list(here.iterdir()) == []


def test_no_to_the_preview_writes_nothing(at_terminal, here):
    flags = " ".join(f"--{axis.name} {axis.default[0]}" for axis in axes())
    child = at_terminal(f"acme --sample shop {flags}")
    child.expect("Write these")
    child.send("n")
    assert code_of(child) == 130
    assert list(here.iterdir()) == []


def test_yes_asks_nothing_at_a_terminal_too(at_terminal, here):
    assert code_of(at_terminal("acme --yes --no-git")) == 0
    assert (here / "acme/platform.yml").is_file()


def test_a_folder_can_be_named_at_the_prompt(at_terminal, here):
    (here / "exports").mkdir()
    (here / "exports" / "orders.csv").write_text("order_id\n1\n")
    flags = " ".join(f"--{axis.name} {axis.default[0]}" for axis in axes())
    child = at_terminal(f"acme --no-git {flags}")
    child.expect("Where does the data come from")
    child.send("\x1b[A" + ENTER)
    child.expect("Database address")
    child.send("exports" + ENTER)
    child.expect("Write these")
    child.send(ENTER)
    assert code_of(child) == 0
    assert (here / "acme/sources/exports.yml").is_file()


def test_only_the_name_is_asked_for_where_it_is_missing(at_terminal, here):
    (here / "exports").mkdir()
    (here / "exports" / "orders.csv").write_text("order_id\n1\n")
    child = at_terminal("new --no-git --from exports")
    child.expect("What is the platform called")
    child.send("acme" + ENTER)
    assert code_of(child) == 0
    assert (here / "acme/sources/exports.yml").is_file()
