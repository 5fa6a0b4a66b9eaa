"""What all tests share: hypothesis without deadlines (a loaded machine is no failure), real servers, real data."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))

import environment as environments
import servers

EFFORT = int(os.environ.get("PLATFORM_NEW_EFFORT", "1"))
"""How many times as many examples are tried as usual."""
settings.register_profile("default", deadline=None, max_examples=100 * EFFORT)
settings.register_profile("nightly", deadline=None, max_examples=2000 * EFFORT)
settings.load_profile("default")

ROOT = Path(__file__).parents[1]


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
        pytest.skip(f"the data sets are not in {folder}; PLATFORM_NEW_DATASETS names another folder")
    return folder


@pytest.fixture(scope="session")
def environment() -> Path:
    """The `.venv` that the generated repositories of all tests share."""
    return environments.shared_environment(ROOT / ".cache")


@pytest.fixture(scope="session")
def make(environment: Path):
    """Runs `make` in a generated repository: `make(folder, "run", env={"SHOP_URL": url}).returncode`."""
    return functools.partial(environments.make, environment)


@pytest.fixture
def completed():
    """What bash would offer behind some words of a command line: `completed("acme --ware") == {"--warehouse"}`."""
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
