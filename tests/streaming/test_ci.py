"""What a repository on GitHub does about its streams: it tests them, keeps them up to date, and asks their owners."""

from __future__ import annotations

import re
from pathlib import Path

import environment as environments
import pytest
import yaml

from platform_new import flow
from platform_new.samples import sample_source
from platform_new.spec.models import Platform, Spec


@pytest.fixture(scope="module")
def repository(tmp_path_factory) -> Path:
    web = sample_source("web")
    topics = tuple(topic.model_copy(update={"version": "2.1.0"}) for topic in web.topics)
    streams = tuple(stream.model_copy(update={"version": "3.0.0"}) for stream in web.streams)
    spec = Spec(
        platform=Platform(name="acme", processing="streaming"),
        sources=(sample_source("shop"),),
        event_sources=(web.model_copy(update={"topics": topics, "streams": streams}),),
    )
    return flow.create(tmp_path_factory.mktemp("ci") / "acme", spec, git=False).folder


def test_a_pull_request_is_held_against_the_tests_of_streams_and_of_alerts(repository):
    (job,) = yaml.safe_load((repository / ".github/workflows/ci.yml").read_text())["jobs"].values()
    run = [step["run"] for step in job["steps"] if "run" in step]

    assert {"make test", "make stream-test", "make alerts-test"} <= set(run)
    assert "make stream-test" in environments.run_make(repository, "--dry-run", "test").stdout


def test_what_streams_run_on_is_kept_up_to_date(repository):
    updates = yaml.safe_load((repository / ".github/dependabot.yml").read_text())["updates"]
    looked_at = {folder for update in updates for folder in update.get("directories", [update.get("directory")])}

    packages = {"requirements.txt": "stream", "pom.xml": "stream/jars/*"}
    kept = {path.parent for name, folder in packages.items() for path in repository.glob(f"{folder}/{name}")}
    assert len(kept) == 3
    assert {f"/{folder.relative_to(repository)}" for folder in kept} <= looked_at


def test_whoever_answers_for_a_topic_is_asked_about_its_contract(repository):
    owners = (repository / ".github/CODEOWNERS").read_text().splitlines()

    assert "/contracts/topics/web/ web-team@example.com" in owners
    assert "/contracts/topics/shop/" not in "".join(owners)


def test_contracts_have_the_versions_of_the_spec(repository):
    def version(path: str) -> str:
        return yaml.safe_load((repository / "contracts" / path).read_text())["version"]

    assert version("topics/web/page_views.odcs.yaml") == "2.1.0"
    assert version("inbound/web/page_traffic.odcs.yaml") == "3.0.0"
    assert version("outbound/fct_page_traffic.odcs.yaml") == "3.0.0"


def test_a_platform_without_streams_has_nothing_of_it(tmp_path):
    spec = Spec(platform=Platform(name="acme"), sources=(sample_source("shop"),))
    folder = flow.create(tmp_path / "acme", spec, git=False).folder

    texts = [path.read_text() for path in (folder / ".github").rglob("*") if path.is_file()]
    assert not any(re.search(r"\bstream", text) for text in texts)
    assert "streams" not in (folder / "Makefile").read_text()
    assert not list(folder.glob("orchestrate/dags/maintain*"))
