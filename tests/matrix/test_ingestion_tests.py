"""The ingestion tests of a generated repository pass, and fail if ingestion is broken."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import environment as environments
import pymysql
import pytest
from configurations import CATALOG

from platform_new import flow
from platform_new.catalog import SOURCE_AXIS
from platform_new.spec.models import Platform, Source, Spec

TEST = "tests/test_read_{}.py"
KINDS = [
    kind.name
    for kind in CATALOG.axes[SOURCE_AXIS].choices.values()
    if TEST.format(kind.name) in {file.pattern for file in kind.files}
]
LOADS = ["tests/test_windows.py", "tests/test_drift.py"]
FAULTS = {
    "a lag that is not looked back": ("planning.py", "earlier(seen, table.lag)", "seen"),
    "a future cursor that is remembered": ("cursor.py", "if limit is not None:", "if False:"),
    "a count that is not compared": ("pipeline.py", "compare_counts(pipeline, loads, self.outcome)", "{}"),
    "a restore that is not noticed": ("planning.py", "survey.newest < seen", "False"),
    "a window with its end": ("cursor.py", "pc.less(", "pc.less_equal("),
    "a window without its start": ("cursor.py", "pc.greater_equal(", "pc.greater("),
    "rows without a cursor left out": ("cursor.py", "pc.fill_null(late_enough, True)", "late_enough"),
    "a backfill that moves the cursor": ("planning.py", "return self.survey is not None", "return True"),
    "a new column that is not loaded": ("drift.py", "return tuple(added)", "return ()"),
    "older rows that lack a new column": ("planning.py", 'if name not in memory["columns"]', "if False"),
    "a source that is frozen and loaded": ("pipeline.py", 'self.source.drift == "freeze"', "False"),
    "a retyped column that is not noticed": ("drift.py", "elif not _fits(type_, column):", "elif False:"),
}
READ = {
    "postgres": ("or {column} is null", ""),
    "mysql": ("case when {column} <= {_text(now)} then {column} end", "{column}"),
    "sqlite": ("cast_exactly(pa.array(values), to)", "pa.array(values).cast(to, safe=False)"),
    "duckdb": ("quote(table.origin)", "quote(table.name.upper() + 'S')"),
    "files": ("self._refuse_too_many(table, rejects)", "pass"),
}
"""A fault in the reader of each kind."""


@pytest.fixture(scope="module")
def repository(environment, tmp_path_factory) -> Path:
    """A repository with a source of each kind whose reader has tests."""
    folder = tmp_path_factory.mktemp("kinds") / "acme"
    column = {"name": "id", "type": "bigint", "required": True}
    sources = (
        Source.model_validate({"name": kind, "kind": kind, "tables": [{"name": f"of_{kind}", "columns": [column]}]})
        for kind in KINDS
    )
    flow.create(folder, Spec(platform=Platform(name="acme", orchestrator="none"), sources=tuple(sources)), git=False)
    return folder


@pytest.fixture(scope="module")
def run(environment, postgres_url, mariadb_url):
    """Runs tests of a repository, with the servers of its sources."""
    user, _, address = mariadb_url.removeprefix("mysql://").partition("@")
    host, _, port = address.partition(":")
    name, _, password = user.partition(":")
    with pymysql.connect(host=host, port=int(port), user=name, password=password) as server:
        server.cursor().execute("create database if not exists ingest_tests")
    servers = {"TEST_POSTGRES_URL": f"{postgres_url}/postgres", "TEST_MYSQL_URL": f"{mariadb_url}/ingest_tests"}

    def run(folder: Path, *tests: str) -> subprocess.CompletedProcess[str]:
        command = [environment / "bin/pytest", "-p", "no:cacheprovider", "-rs", *tests]
        env = environments.clean(servers)
        return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)

    return run


@pytest.mark.exhaustive
def test_the_tests_of_ingestion_pass_and_none_is_skipped(repository, run):
    done = run(repository, *LOADS, *(TEST.format(kind) for kind in KINDS))
    assert done.returncode == 0, done.stdout
    assert "skipped" not in done.stdout
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) > 40


@pytest.mark.exhaustive
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_pipeline_fails_the_tests_of_windows_or_drift(fault, repository, run, tmp_path):
    assert_noticed(*FAULTS[fault], LOADS, repository, run, tmp_path)


@pytest.mark.exhaustive
@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_of_a_reader_fails_its_tests(kind, repository, run, tmp_path):
    assert_noticed(f"read_{kind}.py", *READ[kind], [TEST.format(kind)], repository, run, tmp_path)


def assert_noticed(file: str, right: str, wrong: str, tests: list[str], repository: Path, run, scratch: Path) -> None:
    """Break a copy of the repository; its tests have to run and fail."""
    broken = shutil.copytree(repository, scratch / "broken")
    text = (broken / "ingest" / file).read_text()
    assert text.count(right) == 1
    (broken / "ingest" / file).write_text(text.replace(right, wrong))
    done = run(broken, "--exitfirst", *tests)
    assert done.returncode == 1, done.stdout
    assert " error" not in done.stdout.splitlines()[-1]
