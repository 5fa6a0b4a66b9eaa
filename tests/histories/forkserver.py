"""Runs commands of generated repositories fast: a server that has imported dlt and dbt forks for each command.

Started with the Python of the repositories' environment. Reads requests as JSON lines from standard input and answers
each with one line: `{"folder": ..., "arguments": ["run.py"], "env": {}}` gives `{"code": 0, "output": "..."}`; with
`"killed_after": 1.5` the command and its children are killed after this many seconds. The forked process runs the
repository's own files from their first line on, so that no run depends on a previous run.
"""

from __future__ import annotations

import importlib
import json
import os
import runpy
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from contextlib import redirect_stdout, suppress
from pathlib import Path

LIBRARIES = (
    "agate",
    "dbt.adapters.duckdb",
    "dbt.adapters.postgres",
    "dbt.cli.main",
    "dbt.parser.manifest",
    "dbt.task.build",
    "dbt.task.snapshot",
    "dlt",
    "dlt.destinations.impl.duckdb.duck",
    "dlt.destinations.impl.duckdb.factory",
    "dlt.destinations.impl.postgres.factory",
    "dlt.destinations.impl.postgres.postgres",
    "dlt.extract.source",
    "dlt.normalize.normalize",
    "dlt.sources.sql_database",
    "duckdb",
    "networkx",
    "pandas",
    "psycopg2",
    "pyarrow.parquet",
    "pymysql",
    "requests",
    "sqlalchemy.dialects.mysql",
    "sqlalchemy.dialects.postgresql",
    "sqlalchemy.dialects.sqlite",
    "sqlglot",
    "yaml",
)
PROJECT = {
    "dbt_project.yml": "{name: small, version: '1.0', profile: small}",
    "profiles.yml": "{small: {target: small, outputs: {small: {type: duckdb, path: ':memory:'}}}}",
    "models/one.sql": "select 1 as id",
    "models/models.yml": "{models: [{name: one, columns: [{name: id, tests: [unique]}]}], "
    "sources: [{name: shop, tables: [{name: orders}]}], exposures: [{name: all, type: analysis, owner: {name: me}}], "
    "unit_tests: [{name: one_is_one, model: one, given: [], expect: {rows: [{id: 1}]}}]}",
    "snapshots/snapshots.yml": "{snapshots: [{name: snap, relation: \"ref('one')\", "
    "config: {strategy: check, unique_key: id, check_cols: all}}]}",
}
"""A project for dbt to read once: on first use in a process, dbt builds its (de)serializers for each kind of node,
which takes longer than reading a project."""


def main() -> None:
    """Answer requests until standard input ends."""
    import_libraries()
    for line in sys.stdin:
        request = json.loads(line)
        with tempfile.TemporaryFile() as output:
            child = fork(request["folder"], request["arguments"], request["env"], output.fileno(), leads=True)
            if (seconds := request.get("killed_after")) is not None:
                time.sleep(seconds)
                with suppress(ProcessLookupError):
                    os.killpg(child, signal.SIGKILL)
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            output.seek(0)
            answer = {"code": code, "output": output.read().decode("utf-8", "replace")}
        print(json.dumps(answer), flush=True)


def import_libraries() -> None:
    """Import the slow packages that every repository uses, if the environment has them."""
    for name in LIBRARIES:
        with suppress(ImportError):
            importlib.import_module(name)
    # The static parser starts threads, which a fork lacks.
    os.environ["DBT_STATIC_PARSER"] = "false"
    from dbt.cli.main import dbtRunner

    with tempfile.TemporaryDirectory() as folder:
        for name, text in PROJECT.items():
            (Path(folder) / name).parent.mkdir(exist_ok=True)
            (Path(folder) / name).write_text(text, encoding="utf-8")
        for _ in range(2):  # the second run reads what the first has written
            place = ["--project-dir", folder, "--profiles-dir", folder, "--no-send-anonymous-usage-stats"]
            with redirect_stdout(sys.stderr):
                done = dbtRunner().invoke(["--quiet", "parse", *place])
            assert done.success, done.exception


def fork(folder: str, arguments: list[str], env: dict[str, str], output: int, *, leads: bool = False) -> int:
    """Start a process that runs a script of the folder, or with `-m` a module; returns its process id.

    A process that `leads` starts a process group, which can be killed as a whole.
    """
    sys.stdout.flush()
    if child := os.fork():
        return child
    code = 1
    try:
        if leads:
            os.setpgrp()
        else:
            _let_go_of_files_below(folder)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.chdir(folder)
        os.environ.update(env)
        subprocess.Popen = Forked
        code = _run(folder, arguments)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _let_go_of_files_below(folder: str) -> None:
    """Reset the inherited locks, which a started program would not have, but a fork does."""
    for entry in list(Path("/proc/self/fd").iterdir()):
        with suppress(OSError):
            if entry.readlink().is_relative_to(folder):
                os.close(int(entry.name))


def _run(folder: str, arguments: list[str]) -> int:
    sys.path[0] = folder
    forget_settings()
    try:
        if arguments[0] == "-m":
            sys.argv = arguments[1:]
            runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
        else:
            sys.argv = arguments
            runpy.run_path(f"{folder}/{arguments[0]}", run_name="__main__")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(bool(end.code))
    return 0


def forget_settings() -> None:
    """Reset the settings that dlt has read on import, since each repository has its own."""
    from dlt.common.configuration.container import Container
    from dlt.common.configuration.specs.pluggable_run_context import PluggableRunContext

    container = Container()
    if PluggableRunContext in container:
        del container[PluggableRunContext]


class Forked(subprocess.Popen):
    """Fork for processes of this Python, and start any other program as usual."""

    def __init__(self, command, *args, cwd=None, env=None, **others):
        self.child, self.returncode = None, None
        if isinstance(command, list) and command[:2] == [sys.executable, "-m"]:
            self.child = fork(str(cwd or Path.cwd()), command[1:], env or {}, 1)
        else:
            super().__init__(command, *args, cwd=cwd, env=env, **others)

    def wait(self, timeout=None):
        if self.child is None:
            return super().wait(timeout)
        if self.returncode is None:
            self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.child, 0)[1])
        return self.returncode

    def __del__(self):
        if self.child is None:
            super().__del__()


if __name__ == "__main__":
    main()
