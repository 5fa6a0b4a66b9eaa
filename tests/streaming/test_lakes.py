"""What of a source of events is loaded: the lake of its topics, that of sample events, or sample rows."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import duckdb
import environment as environments
import pytest

from platform_new import flow
from platform_new.spec.load import parse_source
from platform_new.spec.models import Platform, Spec

WEB = """\
name: web
kind: kafka
topics:
  - name: clicks
    event_time: at
    fields:
      - {name: at, type: timestamptz, required: true}
      - {name: page, type: text, required: true}
streams:
  - {name: all_clicks, topic: clicks}
  - name: clicks_by_page
    topic: clicks
    window: {length: 5 minutes}
    group_by: [page]
    aggregates:
      - {name: click_count, function: count}
"""
WRITE = """
import json, sys
from datetime import datetime, timezone
import pyarrow as pa
from deltalake import write_deltalake
columns = dict(zip(("page", "batch"), zip(*json.loads(sys.argv[2]))))
count = len(columns["page"])
rows = {"kafka_partition": [0] * count, "kafka_offset": range(count), "at": [datetime.now(timezone.utc)] * count}
write_deltalake(sys.argv[1], pa.table({name: list(values) for name, values in (rows | columns).items()}))
"""
Rows = Sequence[tuple[str, int]]
"""Pages, each with the number of its batch."""


class Repository:
    """A repository, and a lake that has been written without Spark."""

    def __init__(self, folder: Path, environment: Path) -> None:
        self.folder = folder
        self._python = environment / "bin/python"

    def write(self, rows: Rows, lake: str = "data/lake/web") -> None:
        """Make the table of clicks anew, as a stream would that has lost its checkpoint."""
        path = self.folder / lake / "all_clicks"
        shutil.rmtree(path, ignore_errors=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([self._python, "-c", WRITE, path, json.dumps(rows)], check=True)

    def load(self, **variables: str) -> tuple[int, str]:
        """Load the source: how that ended, and what was said."""
        env = environments.clean(variables)
        command = [self._python, "-m", "ingest", "web"]
        done = subprocess.run(command, cwd=self.folder, env=env, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def pages(self) -> list[str]:
        """What the warehouse has of the clicks."""
        with duckdb.connect(str(self.folder / "data/local.duckdb"), read_only=True) as warehouse:
            return [page for (page,) in warehouse.sql("select page from raw_web.all_clicks order by page").fetchall()]


@pytest.fixture(scope="module")
def made(tmp_path_factory, environment) -> Path:
    folder = tmp_path_factory.mktemp("lakes") / "acme"
    source = parse_source(WEB, "sources/web.yml")
    flow.create(
        folder, Spec(platform=Platform(name="acme", processing="streaming"), event_sources=(source,)), git=False
    )
    return folder


@pytest.fixture
def repository(made, environment) -> Repository:
    shutil.rmtree(made / "data", ignore_errors=True)
    return Repository(made, environment)


@pytest.mark.proof
def test_sample_data_never_stand_for_a_topic_whose_brokers_are_known(repository):
    repository.write([("sample", 0)], "data/sample_lake/web")
    ended, said = repository.load(WEB_URL="broker.example.com:9092")

    assert ended == 1 and "sample" not in said
    assert "The lake of web does not exist" in said
    assert "Run the streams, or set WEB_LAKE" in said


@pytest.mark.proof
def test_what_became_of_sample_events_is_called_sample_data_and_gives_way_to_the_lake(repository):
    repository.write([("sample", 0)], "data/sample_lake/web")
    ended, said = repository.load()
    assert ended == 0 and "web: sample data, 2 tables, 1 rows" in said
    repository.write([("other sample", 0)], "data/sample_lake/web")
    assert repository.load()[0] == 0
    assert repository.pages() == ["other sample"]

    repository.write([("real", 0)])
    ended, said = repository.load()
    assert ended == 0 and "web: real data, 2 tables, 1 rows" in said
    assert repository.pages() == ["real"]


@pytest.mark.proof
def test_a_folder_without_a_table_is_no_lake_and_a_table_to_come_is_empty(repository):
    lake = repository.folder / "data/lake/web"
    (lake / "_checkpoints").mkdir(parents=True)
    assert "web: sample data" in repository.load()[1]
    repository.write([("real", 0)])
    ended, said = repository.load()

    assert ended == 0
    assert "  clicks_by_page: its stream has not run yet, so the table is empty\n" in said
    with duckdb.connect(str(repository.folder / "data/local.duckdb"), read_only=True) as warehouse:
        columns = [name for name, *_ in warehouse.sql("describe raw_web.clicks_by_page").fetchall()]
        assert warehouse.sql("select count(*) from raw_web.clicks_by_page").fetchone() == (0,)
    assert {"window_start", "window_end", "page", "click_count", "last_batch"} <= {*columns}


@pytest.mark.proof
def test_a_stream_that_begins_anew_is_loaded_in_full(repository):
    repository.write([("a", 7), ("b", 8), ("c", 9)])
    assert repository.load()[0] == 0
    repository.write([("d", 0), ("e", 1)])
    ended, said = repository.load()

    assert ended == 0
    assert "all_clicks: read all its rows, because its source has started over" in said
    assert repository.pages() == ["d", "e"]
    assert "started over" not in repository.load()[1]


def test_make_clean_spares_the_lake(repository):
    kept, gone = (repository.folder / "data" / name for name in ("lake/web/table", ".dlt/state"))
    for folder in (kept, gone):
        folder.mkdir(parents=True)
    assert environments.run_make(repository.folder, "clean").returncode == 0
    assert kept.exists() and not gone.exists()
