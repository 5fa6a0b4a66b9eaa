"""The jars of the streams are those that were tested, or none."""

from __future__ import annotations

import hashlib
from pathlib import Path

import environment as environments
import pytest

from platform_new import flow

MAVEN = """#!/bin/sh
for word; do case $word in -DoutputDirectory=*) to=${word#*=};; esac; done
mkdir -p "$to" && printf '%s' "$CONTENT" > "$to/delta-2.jar"
"""
"""Brings one jar, with the content that the test wants."""


@pytest.fixture
def repository(tmp_path) -> Path:
    """A repository that wants one jar, and has another one, of a version before."""
    folder = flow.create(tmp_path / "acme", environments.sample_streams("acme"), git=False).folder
    digest = hashlib.sha256(b"tested").hexdigest()
    (folder / "stream/jars/spark/sha256").write_text(f"{digest}  delta-2.jar\n")
    (folder / ".jars/spark").mkdir(parents=True)
    (folder / ".jars/spark/delta-1.jar").write_text("old")
    for name, program in (("mvn", MAVEN), ("java", "#!/bin/sh\n")):
        (tmp_path / name).write_text(program)
        (tmp_path / name).chmod(0o755)
    return folder


def test_jars_of_a_version_before_are_not_left_beside_those_of_today(repository):
    done = fetch(repository, "tested")

    assert (done.returncode, jars(repository)) == (0, ["delta-2.jar", "fetched"]), done.stdout


def test_a_jar_that_is_not_the_one_that_was_tested_is_refused_and_none_is_changed(repository):
    done = fetch(repository, "something else")

    assert done.returncode
    assert "delta-2.jar" in done.stdout and "cp .jars/spark.sha256 stream/jars/spark/sha256" in done.stdout
    assert jars(repository) == ["delta-1.jar"]


def fetch(folder: Path, content: str):
    path = f"{folder.parent}:{environments.clean()['PATH']}"
    return environments.run_make(folder, ".jars/spark/fetched", env={"PATH": path, "CONTENT": content})


def jars(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / ".jars/spark").iterdir())
