"""Sources that change after a platform was generated from them, and the command that introspects them again."""

from __future__ import annotations

import contextlib
import copy
import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from platform_new.cli import main

SHOP = """
create table countries (country_code text primary key, name text not null);
create table customers (
    customer_id integer primary key,
    email text not null unique,
    country_code text references countries,
    updated_at timestamp not null
);
create table orders (
    order_id integer primary key,
    customer_id integer not null references customers,
    ordered_at timestamp not null,
    status text not null check (status in ('open', 'paid')),
    amount numeric(6, 2) not null
);
"""
BARE_SHOP = """
create table customers (id integer, name text);
create table orders (id integer, customer_id integer, payer_customer_id integer);
insert into customers values (1, 'a'), (2, 'b');
insert into orders values (1, 1, 1), (2, 2, 2), (3, 1, 2);
"""
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")


@dataclass(frozen=True)
class Outcome:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def changes(self) -> dict[str, dict[str, Any]]:
        """The changes of all sources in a JSON report, by place and kind."""
        sources = json.loads(self.out)["sources"]
        return {f"{each['place']}: {each['kind']}": each for source in sources for each in source["changes"]}


@dataclass
class Shop:
    """A generated repository with git, and the source that it was generated from."""

    folder: Path
    change: Callable[[str], None]
    capsys: pytest.CaptureFixture[str]

    def run(self, *words: str) -> Outcome:
        """Run a command line, given as one string or as arguments."""
        self.capsys.readouterr()
        code = main(words[0].split() if len(words) == 1 else list(words))
        printed = self.capsys.readouterr()
        return Outcome(code, printed.out, printed.err)

    def read(self, path: str = "sources/shop.yml") -> str:
        """A file's text."""
        return (self.folder / path).read_text(encoding="utf-8")

    def edit(self, old: str, new: str, path: str = "sources/shop.yml") -> None:
        """Change a text that is in a file, and commit that."""
        text = self.read(path)
        assert old in text, f"{old!r} is not in {path}:\n{text}"
        (self.folder / path).write_text(text.replace(old, new, 1), encoding="utf-8")
        self.commit("Edit")

    def commit(self, message: str) -> None:
        """Commit everything."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)

    def git(self, *arguments: str) -> str:
        """What a git command prints."""
        identity = ("-c", "user.name=Team", "-c", "user.email=team@acme.example", "-c", "commit.gpgsign=false")
        done = subprocess.run(
            ["git", *identity, *arguments], cwd=self.folder, capture_output=True, text=True, check=True
        )
        return done.stdout


@pytest.fixture(scope="session")
def generated(tmp_path_factory) -> Path:
    """A shop in SQLite and the platform generated from it; both are copied, never changed."""
    folder = tmp_path_factory.mktemp("generated")
    with contextlib.closing(sqlite3.connect(folder / "shop.sqlite")) as connection:
        connection.executescript(SHOP)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert main(["new", "acme", "--from", "sqlite:///shop.sqlite", "--orchestrator", "none", "--yes"]) == 0
    return folder


@pytest.fixture
def shop(generated, tmp_path, monkeypatch, capsys) -> Shop:
    """A platform generated from a shop in SQLite, as the working directory; the source's variable is set."""
    shutil.copytree(generated, tmp_path, symlinks=True, dirs_exist_ok=True)
    monkeypatch.setenv("SHOP_URL", "../shop.sqlite")
    monkeypatch.chdir(tmp_path / "acme")

    def change(statements: str) -> None:
        with contextlib.closing(sqlite3.connect(tmp_path / "shop.sqlite")) as connection:
            connection.executescript(statements)

    return Shop(tmp_path / "acme", change, capsys)


@pytest.fixture
def bare_shop(tmp_path, monkeypatch, capsys) -> Shop:
    """A shop in SQLite that declares no keys, and the platform generated from it as the working directory."""

    def change(statements: str) -> None:
        with contextlib.closing(sqlite3.connect(tmp_path / "shop.sqlite")) as connection:
            connection.executescript(statements)

    change(BARE_SHOP)
    monkeypatch.chdir(tmp_path)
    assert main(["new", "acme", "--from", "sqlite:///shop.sqlite", "--orchestrator", "none", "--yes"]) == 0
    monkeypatch.setenv("SHOP_URL", "../shop.sqlite")
    monkeypatch.chdir(tmp_path / "acme")
    return Shop(tmp_path / "acme", change, capsys)


@pytest.fixture
def postgres_shop(tmp_path, monkeypatch, capsys, postgres_url) -> Shop:
    """The same shop in PostgreSQL, whose address has a password."""
    import psycopg

    name = f"refresh{WORKER}"
    with psycopg.connect(f"{postgres_url}/postgres", autocommit=True) as connection:
        connection.execute(f"drop database if exists {name} with (force)")
        connection.execute(f"create database {name} template template0")

    def change(statements: str) -> None:
        with psycopg.connect(f"{postgres_url}/{name}") as connection:
            connection.execute(statements)

    address = f"{postgres_url}/{name}".replace("postgres@", "postgres:hunter2@")
    monkeypatch.setenv("SHOP_URL", address)
    change(SHOP)
    monkeypatch.chdir(tmp_path)
    made = main(["new", "acme", "--from", address, "--source-name", "shop", "--orchestrator", "none", "--yes"])
    assert made == 0
    monkeypatch.chdir(tmp_path / "acme")
    return Shop(tmp_path / "acme", change, capsys)


COUNT = 1_200


def _event(number: int) -> dict:
    """An event as it was when the platform was generated."""
    return {
        "id": number % 50,
        "at": f"2026-01-05T{9 + number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}Z",
        "page": ("home", "basket")[number % 2],
        "price": 12.5,
        "items": number % 7,
        "device": {"kind": "phone", "os": "a"} if number % 3 else {"kind": "phone"},
    }


EVENTS = [_event(number) for number in range(COUNT)]


def _written(path: Path, events: list[dict]) -> Path:
    """Write the events to a file."""
    path.write_text("".join(json.dumps(each) + "\n" for each in events))
    return path


@pytest.fixture(scope="session")
def of_events(tmp_path_factory) -> Path:
    """A platform generated from events; it is copied, never changed."""
    folder = tmp_path_factory.mktemp("events")
    _written(folder / "views.jsonl", EVENTS)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        choices = ["--processing", "streaming", "--orchestrator", "none", "--source-name", "web"]
        assert main(["new", "acme", "--from", "views.jsonl", *choices, "--yes"]) == 0
    return folder


@pytest.fixture
def web(of_events, tmp_path, monkeypatch, capsys) -> Shop:
    """A platform generated from events, as the working directory; `change` edits each newer event."""
    shutil.copytree(of_events, tmp_path, symlinks=True, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path / "acme")

    def change(edit) -> None:
        newer = copy.deepcopy(EVENTS)
        for number, each in enumerate(newer):
            edit(number, each)
        _written(tmp_path / "views.jsonl", newer)

    return Shop(tmp_path / "acme", change, capsys)
