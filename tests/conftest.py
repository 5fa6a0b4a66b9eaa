"""Shared by all tests: levels, repeatable random cases, real servers, real data.

Random cases are the same on every run and every machine. They have no deadline, because a busy machine is not a
failure. The exhaustive level draws new cases each time; its seed is in the header of the run.
"""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))

import effort
import environment as environments
import proof
import public_schemas
import servers

settings.load_profile(effort.REPEATABLE)

ROOT = Path(__file__).parents[1]
BUILT = {"environment", "stream_environment"}
"""The fixtures that install the dependencies of generated repositories."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option of `make prove`."""
    parser.addoption("--proof-page", metavar="FILE", help="the page that a run without failures writes")


def pytest_configure(config: pytest.Config) -> None:
    """Record the run if a page is requested; workers report to the main process."""
    page = config.getoption("--proof-page")
    if page and not hasattr(config, "workerinput"):
        config.pluginmanager.register(proof.Record(Path(page)))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests that need the installation as `proof`. Long tests run first, so that short tests fill the gaps."""
    for item in items:
        if proof.level_of(item.keywords) == "quick" and BUILT.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.proof)
    items.sort(key=lambda item: -proof.LEVELS.index(proof.level_of(item.keywords)))


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """The base URL of a fresh PostgreSQL server, without a database: `postgresql://postgres@127.0.0.1:PORT`."""
    return _url("postgres")


@pytest.fixture(scope="session")
def mariadb_url() -> str:
    """The base URL of a fresh MariaDB server, without a database: `mysql://user:password@127.0.0.1:PORT`."""
    return _url("mariadb")


@pytest.fixture(scope="session")
def datasets() -> Path:
    """The folder of the public data sets."""
    folder = Path(os.environ.get("PLATFORM_NEW_DATASETS", ROOT.parent / "shared" / "datasets"))
    if not folder.is_dir():
        pytest.skip(f"there are no data sets in {folder}; set PLATFORM_NEW_DATASETS to their folder")
    return folder


@pytest.fixture(scope="session")
def schemas() -> Path:
    """The folder of the public schemas and of the program that creates their tables."""
    if not public_schemas.PROGRAM.is_file():
        folder = public_schemas.FOLDER
        pytest.skip(f"the public schemas are not in {folder}; PLATFORM_NEW_SCHEMAS names another folder")
    return public_schemas.FOLDER


@pytest.fixture(scope="session")
def environment() -> Path:
    """The `.venv` shared by the generated repositories of all tests."""
    return environments.shared_environment(ROOT / ".cache")


@pytest.fixture(scope="session")
def make(environment: Path):
    """Runs `make` in a generated repository: `make(folder, "run", env={"SHOP_URL": url}).returncode`."""
    return functools.partial(environments.make, environment)


@pytest.fixture
def completed():
    """Bash completions of a command line: `completed("acme --ware") == {"--warehouse"}`."""
    return _completed


def _completed(words: str) -> set[str]:
    line = f"platform-new {words}"
    variables = {
        "_PLATFORM_NEW_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(line.split(" ")) - 1),
    }
    command = [sys.executable, "-m", "platform_new"]
    done = subprocess.run(command, env={**os.environ, **variables}, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return set(done.stdout.split())


def _url(name: str) -> str:
    try:
        return servers.server_url(name)
    except servers.NotInstalled as reason:
        pytest.skip(str(reason))
