"""The commands for sample events and letters take what they are given, or say what is wrong with it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import environment as environments
import pytest

from platform_new import flow
from platform_new.samples import sample_source
from platform_new.spec.models import Platform, Spec

TOPIC = "web.page_views"


@pytest.fixture(scope="module")
def repository(tmp_path_factory) -> Path:
    """A repository with two sources of events."""
    spec = Spec(
        platform=Platform(name="acme", processing="streaming"),
        sources=(sample_source("shop"),),
        event_sources=(sample_source("web"), sample_source("checkout")),
    )
    return flow.create(tmp_path_factory.mktemp("commands") / "acme", spec, git=False).folder


def test_the_path_of_a_file_of_events_may_have_spaces(repository, environment):
    path = repository / "my events.jsonl"
    path.write_text(json.dumps({"page": "home"}) + "\n")
    done = environments.make(environment, repository, "stream-sample", f"EVENTS={path}", f"TOPIC={TOPIC}")

    assert (done.returncode, done.stdout.partition(" in ")[0]) == (0, f"{TOPIC}: 1 events")


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (["TOPIC=web.nosuch"], f"There is no topic web.nosuch. There are: checkout.checkouts, {TOPIC}."),
        (["EVENTS=/nosuch.jsonl"], f"Set TOPIC=... to the topic of these events: checkout.checkouts, {TOPIC}."),
        (["EVENTS=/nosuch.jsonl", f"TOPIC={TOPIC}"], "/nosuch.jsonl: No such file or directory."),
        (["EVENTS=/bin/true", f"TOPIC={TOPIC}"], "/bin/true: it is not in UTF-8."),
    ],
)
def test_what_cannot_be_taken_for_sample_events_is_said_in_a_line(repository, environment, given, reason):
    done = environments.make(environment, repository, "stream-sample", *given)

    assert (done.returncode, done.stdout.splitlines()[0]) == (2, reason)


def test_what_is_known_of_a_person_is_erased_in_every_table_that_keeps_messages(repository):
    page = (repository / "docs/runbooks/erase-a-person.md").read_text()
    program = re.search(r"```python\n(.*?)```", page, re.DOTALL)[1]
    compile(program, "erase-a-person.md", "exec")
    streams = [stream for name in ("web", "checkout") for stream in sample_source(name).streams]

    wanted = {f"{stream.name}__dead_letters" for stream in streams}
    wanted |= {f"{stream.name}__late" if stream.window else stream.name for stream in streams}
    assert {*re.findall(r"/(\w+)\": ", program)} == wanted


@pytest.mark.proof
def test_letters_are_not_written_over_those_that_somebody_has_corrected(repository, stream):
    path = repository / "data/letters.jsonl"
    path.parent.mkdir(exist_ok=True)
    path.write_text("corrected")
    done = stream(repository, "dead-letters", f"FILE={path}")

    assert f"{path} exists already: choose another, or remove it." in done.stdout
    assert (done.returncode, path.read_text()) == (2, "corrected")


@pytest.mark.proof
def test_a_replay_that_is_not_told_since_when_says_what_it_wants(repository, stream):
    done = stream(repository, "replay")

    assert done.returncode and "required: --from" in done.stdout
