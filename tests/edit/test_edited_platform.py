"""A platform that was changed by commands, and edited by its owners, still runs green."""

from __future__ import annotations

import shlex
import sqlite3
import subprocess

import pytest

from platform_new.cli import main


@pytest.mark.exhaustive
def test_a_platform_runs_after_every_command(tmp_path, monkeypatch, make):
    """Sources are added and removed, names and choices change: the generated code builds and passes its tests."""
    monkeypatch.chdir(tmp_path)
    with sqlite3.connect("crm.sqlite") as connection:
        connection.executescript(
            """create table customers (customer_id integer primary key, email text not null);
            create table tickets (ticket_id integer primary key, customer_id integer references customers, day date);"""
        )
    assert main(["acme", "--yes"]) == 0
    monkeypatch.chdir("acme")
    edited = tmp_path / "acme/transform/models/staging/shop/stg_shop__customers.sql"
    edited.write_text(f"{edited.read_text()}where customer_id is not null\n")
    commit = ["git", "-c", "user.name=Team", "-c", "user.email=team@acme.example", "commit", "-qam", "Edit"]
    assert subprocess.run(commit, check=False).returncode == 0
    for words in (
        f"add source crm --from sqlite:///{tmp_path}/crm.sqlite",
        "rename table shop.customers clients",
        "rename column clients.email mail",
        "rename source shop web",
        "remove table promoted_products",
        "add table notes --source crm --column note_id\\ bigint --key note_id",
        "set warehouse postgres",
        "set orchestrator none",
    ):
        assert main([*shlex.split(words), "--commit"]) == 0, words
    assert "is not null" in (tmp_path / "acme/transform/models/staging/web/stg_web__clients.sql").read_text()
    assert make(tmp_path / "acme", "run").returncode == 0
    assert main(["set", "modeling", "obt", "--commit"]) == 0
    done = make(tmp_path / "acme", "run")
    assert done.returncode == 0, done.stdout
