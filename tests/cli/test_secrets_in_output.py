"""No output, file or state of the tool contains the password of an address."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from platform_new.cli import main

TOOL = Path(sys.executable).parent / "platform-new"
SECRET = "s3cret pass/wd@x"
SPELT = ("s3cret%20pass%2Fwd%40x", "s3cret pass/wd@x")
PARTS = ("s3cret", "wd@x", "wd%40x")


def tool(folder: Path, *words: str, **environment: str) -> str:
    """Everything that a command prints."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [TOOL, *words],
        cwd=folder,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    return done.stdout + done.stderr


def assert_kept(text: str) -> None:
    assert not [part for part in PARTS if part in text], text


@pytest.mark.parametrize("spelt", SPELT)
@pytest.mark.parametrize(
    "address",
    [
        "postgresql://me:{}@127.0.0.1:1/db",
        "postgresql://me:{}@127.0.0.1:port/db",
        "postgresql:/me:{}@127.0.0.1/db",
        "me:{}@127.0.0.1:1/db",
        "mysql://me:{}@no-such-host.invalid/db",
        "sqlite://me:{}@x",
        "postgresql://127.0.0.1:1/db?user=me&password={}",
        "host=127.0.0.1 password={}",
    ],
)
def test_an_unusable_address_is_reported_without_its_password(here, monkeypatch, capfd, address, spelt):
    address = address.format(spelt)
    for words, environment in (
        (("acme", "--yes", "--from", address), {}),
        (("acme", "--yes", f"--from={address}"), {}),
        (("acme", "--yes"), {"PLATFORM_NEW_FROM": address}),
        (("acme", address, "--yes"), {}),
    ):
        with monkeypatch.context() as variables:
            for name, value in environment.items():
                variables.setenv(name, value)
            assert main(list(words)) != 0
        # What drivers print goes past Python's own streams.
        said = "".join(capfd.readouterr())
        assert_kept(said)
        assert said.strip()
    assert list(here.iterdir()) == []


def test_no_file_of_a_repository_holds_the_password(tmp_path, postgres_url):
    """The server accepts any password, so that an address with a password works."""
    import psycopg

    name = f"kept{os.environ.get('PYTEST_XDIST_WORKER', '')}"
    with psycopg.connect(f"{postgres_url}/postgres", autocommit=True) as connection:
        connection.execute(f"drop database if exists {name} with (force)")
        connection.execute(f"create database {name}")
    with psycopg.connect(f"{postgres_url}/{name}") as connection:
        connection.execute("create table orders (id int primary key)")
    url = f"{postgres_url}/{name}".replace("postgres@", f"postgres:{SPELT[0]}@")
    said = tool(tmp_path, "acme", "--yes", "--from", url, "--source-name", "shop")
    folder = tmp_path / "acme"
    for words in (
        ("status",),
        ("refresh", "shop"),
        ("refresh", "shop", "--apply"),
        ("refresh", "--from", url),
        ("diff",),
    ):
        said += tool(folder, *words, SHOP_URL=url)
    assert "orders" in (folder / "sources/shop.yml").read_text()
    assert_kept(said)
    for path in folder.rglob("*"):
        if path.is_file():
            assert not any(part.encode() in path.read_bytes() for part in PARTS), path
