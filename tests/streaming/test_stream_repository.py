"""A generated repository with streams: from messages to a mart that joins them with tables."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from datetime import datetime, timezone

import duckdb
import pytest

from platform_new import flow
from platform_new.introspect import look_at
from platform_new.samples import sample_source
from platform_new.spec.models import Platform, Spec

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("streaming")]


@pytest.fixture(scope="module")
def shop_and_web(tmp_path_factory, stream):
    """A repository with the sample sources, after `make stream` and `make run`."""
    folder = tmp_path_factory.mktemp("streaming") / "acme"
    platform = Platform(name="acme", processing="streaming")
    spec = Spec(platform=platform, sources=(sample_source("shop"),), event_sources=(sample_source("web"),))
    flow.create(folder, spec, git=False)
    assert stream(folder, "stream", "ROWS=2000").returncode == 0
    assert stream(folder, "run").returncode == 0
    return folder


def test_every_message_is_counted_or_late_or_dead(shop_and_web, environment, lake_rows):
    lake = shop_and_web / "data/lake/web"
    counted, late, dead = (
        lake_rows(environment, lake, f"select {figure} from delta_scan('{{lake}}/page_traffic{suffix}')")[0][0]
        for figure, suffix in (
            ("sum(view_count)::bigint", ""),
            ("count(*)", "__late"),
            ("count(*)", "__dead_letters"),
        )
    )

    assert counted + late + dead == 2000
    assert late and dead == 4


def test_a_mart_joins_the_stream_with_the_tables_of_another_source(shop_and_web):
    with duckdb.connect(str(shop_and_web / "data/local.duckdb"), read_only=True) as warehouse:
        known, all_ = warehouse.execute(
            "select count(*) filter (c.customer_id = v.customer_id), count(v.customer_id) "
            "from marts.fct_page_views as v left join marts.dim_customers as c using (customer_key)"
        ).fetchone()

    assert known == all_ > 1000


def test_a_second_run_changes_nothing(shop_and_web, stream, environment, lake_rows):
    def state():
        query = "select sum(view_count)::bigint, count(*) from delta_scan('{lake}/page_traffic')"
        return lake_rows(environment, shop_and_web / "data/lake/web", query)

    before = state()
    assert stream(shop_and_web, "stream", "ROWS=2000").returncode == 0
    assert state() == before


def test_the_repository_s_own_tests_of_its_streams_pass(shop_and_web, stream):
    assert stream(shop_and_web, "stream-test").returncode == 0


def test_the_repository_s_own_checks_pass(shop_and_web, stream):
    assert stream(shop_and_web, "check").returncode == 0


def test_a_broker_makes_no_difference(shop_and_web, stream, environment, lake_rows):
    def figures(lake):
        query = "select window_start, page, sum(view_count)::bigint from delta_scan('{lake}/page_traffic') group by all"
        return Counter(lake_rows(environment, shop_and_web / lake, query))

    assert stream(shop_and_web, "stream-kafka", "ROWS=2000").returncode == 0
    assert figures("data/kafka/lake/web") == figures("data/lake/web")


def test_late_events_are_those_of_the_truth(tmp_path, datasets, stream, environment, lake_rows):
    """29,838 events of which 52 come after their window was closed, in batches that end anywhere."""
    folder, file = tmp_path / "events", datasets / "github_events/events_2018-06-18-00.jsonl.gz"
    source = look_at(str(file), name="github").source
    topic = source.topics[0].model_copy(update={"lateness": "0 seconds"})
    spec = Spec(
        platform=Platform(name="events", processing="streaming"),
        event_sources=(source.model_copy(update={"topics": (topic,)}),),
    )
    flow.create(folder, spec)
    with gzip.open(file, "rt") as lines:
        count = sum(1 for _ in lines)
    assert stream(folder, "stream", f"EVENTS={file}", f"LINES={count // 3}").returncode == 0

    table = f"{{lake}}/{source.streams[0].name}"
    lake = folder / "data/lake/github"
    query = f"select epoch(window_start)::bigint, count(*) from delta_scan('{table}__late') group by all"
    late = {
        f"{datetime.fromtimestamp(start, timezone.utc):%Y-%m-%dT%H:%M:%SZ}": number
        for start, number in lake_rows(environment, lake, query)
    }
    truth = json.loads((datasets / "github_events/truth_2018-06-18-00.json").read_text())
    assert late == truth["late_for_5min_window_by_watermark_delay_seconds"]["0"]["by_window"]
    assert lake_rows(environment, lake, f"select count(distinct batch) from delta_scan('{table}')") == [(3,)]
