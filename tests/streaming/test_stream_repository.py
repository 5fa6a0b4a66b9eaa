"""A generated repository with streams: from messages to a mart that joins them with tables."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
from collections import Counter
from datetime import datetime, timezone

import duckdb
import pytest
from environment import clean

from platform_new import flow
from platform_new.introspect import introspect
from platform_new.samples import sample_source
from platform_new.spec.models import Platform, Spec

FEW = {"SAMPLE_ROWS": "500"}
"""So few rows that some of the events refer to customers who are not among those that are joined."""
pytestmark = [pytest.mark.proof, pytest.mark.xdist_group("streaming")]


@pytest.fixture(scope="module")
def shop_and_web(tmp_path_factory, stream):
    """A repository with the sample sources, after `make stream` and `make run`."""
    folder = tmp_path_factory.mktemp("streaming") / "acme"
    platform = Platform(name="acme", processing="streaming")
    spec = Spec(platform=platform, sources=(sample_source("shop"),), event_sources=(sample_source("web"),))
    flow.create(folder, spec, git=False)
    assert stream(folder, "stream", "ROWS=2000", env=FEW).returncode == 0
    assert stream(folder, "run").returncode == 0
    return folder


def test_every_message_is_counted_or_late_or_dead(shop_and_web, environment, lake_rows):
    lake = shop_and_web / "data/sample_lake/web"
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


def test_a_stream_joins_a_table_as_a_plain_join_does(shop_and_web, environment, lake_rows):
    lake = shop_and_web / "data/sample_lake/web"

    def rows(sql):
        return lake_rows(environment, lake, sql)

    late = {*rows("select kafka_partition, kafka_offset from delta_scan('{lake}/segment_traffic__late')")}
    segments = dict(rows("select customer_id, segment from delta_scan('{lake}/_lookups/shop/customers')"))
    prices = dict(rows("select product_id, list_price::double from delta_scan('{lake}/_lookups/shop/products')"))
    counts, sums = Counter(), Counter()
    known, strange = 0, 0
    views = "select kafka_partition, kafka_offset, customer_id, product_id from delta_scan('{lake}/page_views')"
    for partition, offset, customer, product in rows(views):
        if (partition, offset) not in late:
            segment = segments.get(customer, "unknown")
            counts[segment] += 1
            sums[segment] += prices.get(product, 0)
            known += customer in segments
            strange += customer is not None and customer not in segments

    assert known > 500 and strange > 500
    figures = "select segment, sum(view_count)::bigint, sum(product_price_avg__sum) from delta_scan('{lake}/{stream}')"
    found = rows(figures.replace("{stream}", "segment_traffic") + " group by segment")
    assert {segment: count for segment, count, _ in found} == counts
    assert {segment: pytest.approx(total) for segment, _, total in found} == sums


@pytest.mark.exhaustive
def test_a_table_that_is_not_there_to_join_is_an_error_that_says_what_to_run(shop_and_web, tmp_path):
    made = shutil.ignore_patterns("sample_lake", "*.duckdb")
    folder = shutil.copytree(shop_and_web, tmp_path / "acme", symlinks=True, ignore=made)
    command = [folder / ".venv-stream/bin/python", "-m", "stream", "--sample", "web.segment_traffic"]
    done = subprocess.run(command, cwd=folder, env=clean(), capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "The table shop.customers cannot be joined" in done.stderr
    assert "Run `make lookups`, or `make stream` for sample events." in done.stderr


def test_a_mart_joins_the_stream_with_the_tables_of_another_source(shop_and_web):
    with duckdb.connect(str(shop_and_web / "data/local.duckdb"), read_only=True) as warehouse:
        known, all_ = warehouse.execute(
            "select count(*) filter (c.customer_id = v.customer_id), count(v.customer_id) "
            "from marts.fct_page_views as v left join marts.dim_customers as c using (customer_key)"
        ).fetchone()

    assert known == all_ > 1000


@pytest.mark.exhaustive
def test_a_second_run_changes_nothing(shop_and_web, stream, environment, lake_rows, tmp_path):
    def state():
        query = "select sum(view_count)::bigint, count(*) from delta_scan('{lake}/page_traffic')"
        return lake_rows(environment, shop_and_web / "data/sample_lake/web", query)

    before = state()
    elsewhere = tmp_path / "lake"
    assert stream(shop_and_web, "stream-sample", "ROWS=2000", env=FEW).returncode == 0
    command = [shop_and_web / ".venv-stream/bin/python", "-m", "stream", "--sample", "web.page_traffic"]
    subprocess.run(command, cwd=shop_and_web, env=clean({"WEB_LAKE": str(elsewhere)}), check=True)
    assert state() == before
    assert not elsewhere.exists(), "sample events never come to the lake of a topic"


@pytest.mark.exhaustive
def test_the_repository_s_own_tests_of_its_streams_pass(shop_and_web, stream):
    assert stream(shop_and_web, "stream-test").returncode == 0


@pytest.mark.exhaustive
def test_the_repository_s_own_checks_pass(shop_and_web, stream):
    assert stream(shop_and_web, "check").returncode == 0


@pytest.mark.exhaustive
def test_a_broker_makes_no_difference(shop_and_web, stream, environment, lake_rows, tmp_path):
    def figures(lake, stream, group):
        query = (
            f"select window_start, {group}, sum(view_count)::bigint from delta_scan('{{lake}}/{stream}') group by all"
        )
        return Counter(lake_rows(environment, shop_and_web / lake, query))

    elsewhere = tmp_path / "lake"
    assert stream(shop_and_web, "stream-kafka", "ROWS=2000", env=FEW | {"WEB_LAKE": str(elsewhere)}).returncode == 0
    assert not elsewhere.exists()
    for table in (("page_traffic", "page"), ("segment_traffic", "segment")):
        assert figures("data/kafka/lake/web", *table) == figures("data/sample_lake/web", *table)


@pytest.mark.exhaustive
def test_late_events_are_those_of_the_truth(tmp_path, datasets, stream, environment, lake_rows):
    """29,838 events of which 52 come after their window was closed, in batches that end anywhere."""
    folder, file = tmp_path / "events", datasets / "github_events/events_2018-06-18-00.jsonl.gz"
    source = introspect(str(file), name="github").source
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
    lake = folder / "data/sample_lake/github"
    query = f"select epoch(window_start)::bigint, count(*) from delta_scan('{table}__late') group by all"
    late = {
        f"{datetime.fromtimestamp(start, timezone.utc):%Y-%m-%dT%H:%M:%SZ}": number
        for start, number in lake_rows(environment, lake, query)
    }
    truth = json.loads((datasets / "github_events/truth_2018-06-18-00.json").read_text())
    assert late == truth["late_for_5min_window_by_watermark_delay_seconds"]["0"]["by_window"]
    assert lake_rows(environment, lake, f"select count(distinct batch) from delta_scan('{table}')") == [(3,)]
