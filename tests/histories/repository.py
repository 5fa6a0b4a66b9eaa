"""The platform of a history: generated, run like its owner would run it, and the rows of its warehouse."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import environment
import lake
import psycopg
import yaml

from histories.history import COLUMNS, KEYS, History, Row, spec_of

FORKSERVER = Path(__file__).with_name("forkserver.py")
REPAIR = re.compile(r"`(python (?:-m ingest|run\.py)[^`\n]*)`")
GIT = {f"GIT_{who}_{what}": "a@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


@dataclass(frozen=True)
class Run:
    """The exit code and output of a run."""

    code: int
    output: str

    def names(self, table: str) -> bool:
        """Whether a line of the output, other than a row count, names the table."""
        return any(re.search(rf"\b{table}\b", line) and not COUNT.match(line) for line in self.output.splitlines())

    @property
    def repairs(self) -> list[str]:
        """The commands in the output that repair a failure."""
        return list(dict.fromkeys(REPAIR.findall(self.output)))


COUNT = re.compile(r"^\s*\S+\s+[\d,]+ rows$")


class Runner:
    """Runs the repositories' commands, mostly in forks of a process that has imported the slow packages."""

    def __init__(self, environment: Path):
        self.python = environment / "bin/python"
        self._server: subprocess.Popen[str] | None = None

    def run(self, folder: Path, arguments: list[str], env: dict[str, str], *, killed_after: float | None = None) -> Run:
        """`python` with these arguments: `run.py …` or `-m module …`; optionally killed after some seconds."""
        if self._server is None or self._server.poll() is not None:
            self._server = subprocess.Popen(
                [self.python, FORKSERVER],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=environment.clean(),
            )
        request = {"folder": str(folder), "arguments": arguments, "env": env, "killed_after": killed_after}
        print(json.dumps(request), file=self._server.stdin, flush=True)
        answer = json.loads(self._server.stdout.readline())
        return Run(answer["code"], answer["output"])

    def start(self, folder: Path, arguments: list[str], env: dict[str, str]) -> subprocess.Popen[bytes]:
        """Start the command as a separate process, so that another can run at the same time."""
        return subprocess.Popen(
            [self.python, *arguments],
            cwd=folder,
            env=environment.clean(env),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def close(self) -> None:
        """End the server."""
        if self._server:
            self._server.stdin.close()
            self._server.wait()


class Repository:
    """The generated repository of a history; `url` is its source, `production` a PostgreSQL database, which
    may be the catalog of a lake.

    `source`, `tables` and `columns` are the names in the spec of the source and of its renamed tables and columns.
    """

    def __init__(self, history: History, folder: Path, runner: Runner, url: str, production: str | None = None):
        self.folder, self.runner, self.production = folder / "acme", runner, production
        self.builds, self.is_lake = history.builds, history.target == "lake"
        self.env = {"SHOP_URL": url, **GIT, **_warehouse(production), "LAKE_FILES": str(folder / "lake")}
        spec = spec_of(history)
        if history.engine == "mariadb":
            spec = json.loads(json.dumps(spec).replace("{database}", url.rpartition("/")[2]))
        self.source, self.former = "shop", {"no table"}
        self.tables: dict[str, str] = {}
        self.columns: dict[tuple[str, str], str] = {}
        if history.follows:
            # Introspect first, so that the tool tells the owner's edits of the spec from changes at the source.
            choices = [f"--{name}={choice}" for name, choice in spec.items() if isinstance(choice, str)]
            self.platform_new("acme", "--from", url, "--source-name", "shop", "--yes", *choices, folder=folder)
            self._edit(lambda seen: seen.update(spec["sources"][0]))
        else:
            (folder / "spec.yml").write_text(yaml.safe_dump(spec, sort_keys=False), encoding="utf-8")
            self.platform_new("acme", "--spec", "spec.yml", "--yes", folder=folder)
        (self.folder / ".venv").symlink_to(runner.python.parent.parent)

    def platform_new(self, *arguments: str, folder: Path | None = None, may: tuple[int, ...] = (0, 4)) -> str:
        """Run the tool in the repository; returns its output. Raises `AssertionError` if it refuses."""
        done = subprocess.run(
            [sys.executable, "-m", "platform_new", *arguments],
            cwd=folder or self.folder,
            env={**os.environ, **self.env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in may, (
            f"platform-new {' '.join(arguments)}: {done.returncode}\n{done.stdout}{done.stderr}"
        )
        return done.stdout + done.stderr

    def run(self, *arguments: str, killed_after: float | None = None) -> Run:
        """`python run.py` into the warehouse of this history; without models, only the load."""
        command = ["run.py"] if self.builds else ["-m", "ingest", self.source]
        return self.runner.run(self.folder, [*command, *arguments, *self._target], self.env, killed_after=killed_after)

    def load(self, *arguments: str) -> Run:
        """`python -m ingest` of the source, into the warehouse of this history."""
        return self.runner.run(self.folder, ["-m", "ingest", self.source, *arguments, *self._target], self.env)

    def repair(self, command: str) -> Run:
        """Run a command that a run has printed."""
        words = shlex.split(command)[1:]
        return self.runner.run(self.folder, words if "--target" in words else [*words, *self._target], self.env)

    def run_beside_a_window(self, start: str, end: str) -> Run:
        """Run during the load of a window."""
        window = ["-m", "ingest", self.source, "--from", start, "--to", end, *self._target]
        beside = self.runner.start(self.folder, window, self.env)
        run = self.run()
        beside.communicate()
        return run

    def rows(self, schema: str, table: str, name: str) -> list[Row] | None:
        """The rows of a table of the warehouse, with plain values; None if there is no such table.

        `shop` in both stands for the name of the source in the spec, and `{}` in `table` for the name of the table
        `name` there. The columns of the result have their names at the source.
        """
        schema = schema.replace("raw_shop", f"raw_{self.source}")
        table = table.format(self.table(name)).replace("stg_shop__", f"stg_{self.source}__")
        renamed = {landed: column for (of, column), landed in self.columns.items() if of == name}
        origins = {
            f"{prefix}{landed}": f"{prefix}{column}"
            for landed, column in renamed.items()
            for prefix in ("", "previous_", "current_")
        }
        with self._connected() as execute:
            found = execute(
                "select column_name from information_schema.columns "
                f"where table_schema = '{schema}' and table_name = '{table}' order by ordinal_position"
            )
            names = [column for (column,) in found if not column.startswith("_dlt_")]
            if not names:
                return None
            columns = ", ".join(f'"{column}"' for column in names)
            rows = execute(f'select {columns} from "{schema}"."{table}"')
        names = [origins.get(column, column) for column in names]
        return [{column: plain(value) for column, value in zip(names, row, strict=True)} for row in rows]

    def stale_facts(self) -> Iterator[str]:
        """The facts that do not have the rows of their SQL, as a rebuild would have them."""
        manifest = json.loads((self.folder / "transform/target/manifest.json").read_text(encoding="utf-8"))
        with self._connected() as execute:
            for node in manifest["nodes"].values():
                if node["resource_type"] == "model" and node["name"].startswith("fct_"):
                    columns = ", ".join(f'"{column}"' for column in node["columns"])
                    built = f'select {columns} from "{node["schema"]}"."{node["name"]}"'
                    rebuilt = f"select {columns} from ({node['compiled_code']}) as rebuilt"
                    for one, other, what in ((built, rebuilt, "a stale row"), (rebuilt, built, "no row")):
                        if rows := execute(f"({one}) except all ({other}) limit 3"):
                            yield f"{node['name']} has {what}: {rows}"

    def table(self, name: str) -> str:
        """The name of a table of the source in the spec."""
        return self.tables.get(name, name)

    def left_behind(self) -> list[str]:
        """The tables and views of the warehouse that still have a former name of something renamed."""
        tables = self.former - {self.table(name) for name in COLUMNS}
        names = re.compile(
            rf"raw_(?!{self.source}\.)|.*(stg|snap)_(?!{self.source}__)|.*[._]({'|'.join(tables)})(__keys)?$"
        )
        with self._connected() as execute:
            found = execute("select table_schema || '.' || table_name from information_schema.tables")
        return sorted(name for (name,) in found if "__loading." not in name and names.match(name))

    def rename_source(self, to: str) -> None:
        """Rename the source in the spec."""
        self.platform_new("rename", "source", self.source, to, "--commit")
        self.source = to

    def rename_table(self, name: str, to: str) -> None:
        """Rename a table of the source in the spec."""
        self.platform_new("rename", "table", f"{self.source}.{self.table(name)}", to, "--commit")
        self.former.add(self.table(name))
        self.tables[name] = to

    def rename_column(self, name: str, column: str, to: str) -> None:
        """Rename a column of the source in the spec."""
        now = self.columns.get((name, column), column)
        self.platform_new("rename", "column", f"{self.source}.{self.table(name)}.{now}", to, "--commit")
        self.columns[name, column] = to

    def keep_key(self, name: str, load: Row) -> None:
        """Put back a key that a refresh dropped because of duplicates, as a team that repairs the source does."""
        spec = yaml.safe_load((self.folder / f"sources/{self.source}.yml").read_text(encoding="utf-8"))
        if not _named(spec["tables"], self.table(name)).get("key"):
            self.edit_table(name, {"key": [self.columns.get((name, KEYS[name]), KEYS[name])], "load": load})

    def edit_table(self, name: str, changes: Row) -> None:
        """Change keys of a table in the spec by hand, and update; None removes a key."""
        self._edit(lambda spec: _change(_named(spec["tables"], self.table(name)), changes))

    def edit_column(self, name: str, column: str, changes: Row) -> None:
        """Change keys of a column in the spec by hand, and update; None removes a key."""
        now = self.columns.get((name, column), column)
        self._edit(lambda spec: _change(_named(_named(spec["tables"], self.table(name))["columns"], now), changes))

    def _edit(self, change: Callable[[Any], None]) -> None:
        path = self.folder / f"sources/{self.source}.yml"
        spec = yaml.safe_load(path.read_text(encoding="utf-8"))
        change(spec)
        path.write_text(yaml.safe_dump(spec, sort_keys=False), encoding="utf-8")
        commit = ["git", "commit", "--quiet", "--allow-empty", "-am", "Change the spec"]
        subprocess.run(commit, cwd=self.folder, env={**os.environ, **GIT}, check=True)
        self.platform_new("update", "--commit")

    @property
    def _target(self) -> list[str]:
        return ["--target", "prod"] if self.production else []

    @contextmanager
    def _connected(self) -> Iterator[Any]:
        if self.production and self.is_lake:
            with lake.connect(self.production) if lake.exists(self.production) else duckdb.connect() as connection:
                yield lambda query: connection.execute(query).fetchall()
        elif self.production:
            with psycopg.connect(self.production, options="-c timezone=UTC") as connection:
                yield lambda query: connection.execute(query).fetchall()
        elif not (self.folder / "data/local.duckdb").exists():
            yield lambda query: []
        else:
            with closing(duckdb.connect(str(self.folder / "data/local.duckdb"), read_only=True)) as connection:
                yield lambda query: connection.execute(query).fetchall()


def _named(items: list[Row], name: str) -> Row:
    return next(item for item in items if item["name"] == name)


def _change(item: Row, changes: Row) -> None:
    item.update(changes)
    for key in [key for key, value in changes.items() if value is None]:
        item.pop(key, None)


def plain(value: Any) -> Any:
    """A value as the histories write it: decimals and times as text."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if value is None or isinstance(value, bool | int):
        return value
    return str(value)


def _warehouse(production: str | None) -> dict[str, str]:
    if not production:
        return {}
    with psycopg.connect(production) as connection:
        info = connection.info
        return {
            "WAREHOUSE_HOST": info.host,
            "WAREHOUSE_PORT": str(info.port),
            "WAREHOUSE_DATABASE": info.dbname,
            "WAREHOUSE_USER": info.user,
            "WAREHOUSE_PASSWORD": info.password or "none",
        }
