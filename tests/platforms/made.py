"""Platforms generated from a data set as users do: with the command line, then `make run` in the repository."""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import cached_property
from pathlib import Path

import environment
import pytest
import source_data
from warehouse import Contents, State, lake_contents, production_contents


class Platform:
    """A repository generated from a data set in its own database, and its successive runs."""

    def __init__(
        self, database: source_data.Database, style: str, folder: Path, url: str, make, warehouse: str = "postgres"
    ):
        """The warehouse is a PostgreSQL database at the URL, or a `ducklake` that has its catalog there."""
        self.database = database
        self.style = style
        self.folder = folder
        self.warehouse, self.url = warehouse, url
        self.production_tables: Contents = {}
        self._make = make

    @cached_property
    def repository(self) -> Path:
        """The generated repository."""
        source = ["--from", self.database.url, "--source-name", self.database.data_set]
        return generate(
            self.folder / self.database.data_set, *source, "--warehouse", self.warehouse, "--modeling", self.style
        )

    @cached_property
    def first(self) -> State:
        """After the first run on the real source."""
        return self._run("first")

    @cached_property
    def again(self) -> State:
        """After a second run without changes at the source."""
        assert self.first
        return self._run("again")

    @cached_property
    def production(self) -> State:
        """After a run into the production warehouse, with the source unchanged since the first run."""
        assert self.again
        state = self._run("production", production=True)
        self.production_tables = self.in_production()
        return state

    @property
    def variables(self) -> dict[str, str]:
        """The variables of the production warehouse."""
        return warehouse_variables(self.url) | {"LAKE_FILES": str(self.folder / "lake")}

    def in_production(self) -> Contents:
        """The tables of the production warehouse."""
        return lake_contents(self.url) if self.warehouse == "ducklake" else production_contents(self.url)

    @cached_property
    def before_and_after(self) -> tuple[dict[str, source_data.Rows], dict[str, source_data.Rows]]:
        """Change the source; returns its rows before and after the change."""
        assert self.production
        before = self.database.rows()
        self.database.change()
        return before, self.database.rows()

    @cached_property
    def moved(self) -> State:
        """After a run that follows a change of one percent of the rows."""
        assert self.before_and_after
        return self._run("moved")

    @cached_property
    def production_moved(self) -> State:
        """After a run into the production warehouse that follows the change."""
        assert self.moved
        return self._run("production_moved", production=True)

    @cached_property
    def sample(self) -> State:
        """A clone of the repository after a run on sample data, without a network."""
        clone = self.folder / "clone"
        subprocess.run(["git", "clone", "--quiet", self.repository, clone], check=True)
        return state_of(self._make(clone, "run", before=without_network()), clone, self.folder / "sample")

    def _run(self, name: str, *, production: bool = False) -> State:
        env = {f"{self.database.data_set.upper()}_URL": self.database.url}
        if production:
            env |= {"DBT_TARGET": "prod", **self.variables}
        return state_of(self._make(self.repository, "run", env=env), self.repository, self.folder / name)


def generate(folder: Path, *flags: str) -> Path:
    """Create a repository in the folder, and return the folder."""
    platform_new(folder.name, "--yes", "--output-dir", str(folder.parent), *flags)
    return folder


def platform_new(*words: str) -> None:
    """Run `platform-new` as in a terminal."""
    command = [Path(sys.executable).with_name("platform-new"), *words]
    done = subprocess.run(command, env=environment.clean(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def warehouse_variables(url: str) -> dict[str, str]:
    """The variables of `.env.example` for a PostgreSQL warehouse."""
    user, _, rest = url.removeprefix("postgresql://").partition("@")
    host, _, port = rest.partition("/")[0].partition(":")
    values = {"HOST": host, "PORT": port, "DATABASE": rest.partition("/")[2], "USER": user, "PASSWORD": "not asked for"}
    return {f"WAREHOUSE_{name}": value for name, value in values.items()}


def without_network() -> list[str]:
    """The command prefix that cuts off the network. Skips the test where this is not permitted."""
    for words in (["unshare", "--net"], ["unshare", "--net", "--map-root-user"]):
        if (
            shutil.which("unshare")
            and subprocess.run([*words, "true"], capture_output=True, check=False).returncode == 0
        ):
            return words
    pytest.skip("`unshare --net` is not permitted on this machine")


def state_of(done: subprocess.CompletedProcess[str], repository: Path, folder: Path) -> State:
    """Copy the result of a run. The warehouse keeps its file name, because its views refer to it."""
    folder.mkdir()
    for path in ("data/local.duckdb", "data/last_run.json", "transform/target/manifest.json"):
        if (repository / path).exists():
            shutil.copy(repository / path, folder / Path(path).name)
    return State(done, folder)
