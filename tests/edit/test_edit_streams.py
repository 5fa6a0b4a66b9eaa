"""Commands on sources of events: topics and streams are added, removed and renamed, and their files follow."""

from __future__ import annotations

import gzip
import json
import shlex
from pathlib import Path

import pytest
from repositories import Repository

from platform_new import flow
from platform_new.samples import sample_source, sample_text
from platform_new.spec.load import parse_source
from platform_new.spec.models import Platform, Spec

pytestmark = pytest.mark.proof

OURS = "# ours\n"
JOB = "stream/jobs/web__page_traffic.py"
TOPIC = "stream/topics/web__page_views.py"


@pytest.fixture(scope="session")
def generated(tmp_path_factory) -> Repository:
    """A repository with a shop and the events of its website; it is copied, never changed."""
    folder = tmp_path_factory.mktemp("generated") / "acme"
    spec = Spec(
        platform=Platform(name="acme", processing="streaming", orchestrator="none", ci="none"),
        sources=(sample_source("shop"),),
        event_sources=(sample_source("web"),),
    )
    flow.create(folder, spec, source_texts={name: sample_text(name) for name in ("shop", "web")}, git=True)
    return Repository(folder)


def web(repository: Repository):
    """The source of events, from its file."""
    return parse_source(repository.read("sources/web.yml"), "web.yml")


def spec_diff(repository: Repository) -> list[str]:
    """The lines of the spec that the last commit changed."""
    lines = repository.git("diff", "--unified=0", "HEAD~", "HEAD", "--", "platform.yml", "sources").splitlines()
    return [line for line in lines if line[:1] in "+-" and line[1:] and line[:3] not in ("+++", "---")]


def append(repository: Repository, *paths: str) -> None:
    """Edit files, and commit that."""
    for path in paths:
        repository.write(path, repository.read(path) + OURS)
    repository.commit()


@pytest.fixture
def logins(tmp_path) -> Path:
    """A file of sample events."""
    path = tmp_path / "logins.jsonl.gz"
    events = [{"userId": n % 5, "at": f"2026-01-05T09:00:{n:02}Z", "from": {"ip": f"10.0.0.{n}"}} for n in range(20)]
    with gzip.open(path, "wt") as file:
        file.writelines(json.dumps(event) + "\n" for event in events)
    return path


def test_a_topic_is_added_from_its_events_under_the_name_that_the_broker_has(repository, run, logins):
    outcome = run("add", "topic", "auth.logins-v1", "--source", "web", "--from", str(logins), "--commit")
    assert (outcome.code, outcome.err) == (0, "")
    topic = web(repository).topic("auth_logins_v1")
    assert (topic.origin, topic.key, topic.event_time) == ("auth.logins-v1", "user_id", "at")
    assert [field.name for field in topic.fields] == ["user_id", "at", "from"]
    added = spec_diff(repository)
    assert all(line.startswith("+") for line in added)
    assert "+    key: user_id  # 5 distinct values, each in several events" in added
    assert 'name="auth.logins-v1"' in repository.read("stream/topics/web__auth_logins_v1.py")


def test_a_topic_is_described_and_gets_streams(repository, run):
    words = ["add", "topic", "logins", "--field", "at timestamptz required", "--field", "user_id bigint required"]
    assert run(*words, "--field", "amount numeric(10, 2)", "--key", "user_id", "--commit").code == 0
    assert spec_diff(repository) == [
        "+  - name: logins",
        "+    key: user_id",
        "+    event_time: at",
        "+    lateness: 0 seconds",
        "+    partitions: 1",
        "+    retention: 7 days",
        "+    fields:",
        "+      - {name: at, type: timestamptz, required: true}",
        "+      - {name: user_id, type: bigint, required: true}",
        '+      - {name: amount, type: "numeric(10, 2)"}',
    ]
    words = ["add", "stream", "spent", "--topic", "logins", "--window", "10 minutes", "--slide", "5 minutes"]
    words += ["--group-by", "user_id", "--aggregate", "logins=count", "--aggregate", "amount_sum=sum:amount"]
    assert run(*words, "--trigger", "30 seconds", "--commit").code == 0
    assert spec_diff(repository) == [
        "+  - name: spent",
        "+    topic: logins",
        "+    window: {length: 10 minutes, slide: 5 minutes}",
        "+    group_by: [user_id]",
        "+    aggregates:",
        "+      - {name: logins, function: count}",
        "+      - {name: amount_sum, function: sum, field: amount}",
        "+    trigger: 30 seconds",
    ]
    assert repository.path("stream/jobs/web__spent.py").is_file()
    assert repository.path("transform/models/staging/web/stg_web__spent.sql").is_file()
    assert run("add stream logins --topic logins --commit").code == 0
    assert web(repository).stream("logins").window is None


def test_a_stream_is_removed_and_the_file_that_was_edited_stays(repository, run):
    append(repository, JOB)
    outcome = run("remove stream page_traffic --commit")
    assert outcome.code == 0
    assert "adapt or delete them" in outcome.out
    assert OURS in repository.read(JOB)
    assert not repository.path("transform/models/staging/web/stg_web__page_traffic.sql").exists()
    assert run("remove stream segment_traffic --commit").code == 0
    assert not repository.path("stream/lookups").exists()
    assert "deltalake" not in repository.read("pyproject.toml")
    assert run("remove stream page_views --commit").code == 0
    assert web(repository).streams == ()
    assert repository.read("sources/web.yml") == sample_text("web").partition("\nstreams:")[0]
    assert run("add stream page_views --commit").code == 0


def test_a_topic_that_streams_read_is_removed_with_them_only(repository, run, refused):
    assert "platform-new remove source web" in refused("remove topic page_views")
    assert run("add", "topic", "logins", "--field", "at timestamptz required", "--commit").code == 0
    assert run("add stream logins --topic logins --commit").code == 0
    said = refused("remove topic logins")
    assert "`logins` reads it" in said and "sources/web.yml:" in said
    assert run("remove topic logins --with-references --commit").code == 0
    assert repository.read("sources/web.yml") == sample_text("web")


def test_a_renamed_topic_keeps_its_name_at_the_broker_and_its_files_move(repository, run):
    append(repository, TOPIC)
    assert run("rename topic page_views views --commit").code == 0
    topic, streams = web(repository).topic("views"), web(repository).streams
    assert (topic.origin, topic.renamed_from) == ("web.page-views.v1", "page_views")
    assert {stream.topic for stream in streams} == {"views"}
    moved = repository.read("stream/topics/web__views.py")
    assert OURS in moved and 'name="web.page-views.v1"' in moved
    assert not repository.path(TOPIC).exists()


def test_a_renamed_stream_keeps_its_table_and_its_checkpoint_in_the_lake(repository, run):
    append(repository, JOB, "transform/models/staging/web/stg_web__page_traffic.yml")
    assert run("rename stream web.page_traffic traffic --commit").code == 0
    assert {"+  - name: traffic", "+    origin: page_traffic", "+    renamed_from: page_traffic"} <= set(
        spec_diff(repository)
    )
    job = repository.read("stream/jobs/web__traffic.py")
    assert OURS in job and 'name="page_traffic"' in job
    assert OURS in repository.read("transform/models/staging/web/stg_web__traffic.yml")
    assert "origin: page_traffic" in repository.read("stream/tables/web.yml")
    assert not repository.path(JOB).exists()
    # Twice, and back: the lake is never affected.
    assert run("rename stream traffic visits --commit").code == 0
    assert (web(repository).stream("visits").origin, OURS in repository.read("stream/jobs/web__visits.py")) == (
        "page_traffic",
        True,
    )
    assert run("rename stream visits page_traffic --commit").code == 0
    assert web(repository).stream("page_traffic").origin is None
    assert OURS in repository.read(JOB)


def test_a_renamed_source_of_events_moves_its_file_and_its_jobs(repository, run):
    append(repository, JOB)
    assert run("rename source web site --commit").code == 0
    assert "connection: WEB_URL" in repository.read("sources/site.yml")
    assert OURS in repository.read("stream/jobs/site__page_traffic.py")
    assert not repository.path("sources/web.yml").exists()


def test_what_events_refer_to_is_renamed_with_its_table_column_and_source(repository, run):
    append(repository, "transform/models/staging/shop/stg_shop__products.yml")
    for words in (
        "rename table shop.customers clients",
        "rename column clients.customer_id client_id",
        "rename source shop zoo",
    ):
        assert run(f"{words} --commit").code == 0, words
    assert web(repository).topics[0].field("customer_id").references == "zoo.clients.client_id"
    assert web(repository).topics[0].field("product_id").references == "zoo.products.product_id"
    # The source now sorts after the other, but each file still moves to the right place.
    assert OURS in repository.read("transform/models/staging/zoo/stg_zoo__products.yml")


def test_what_events_refer_to_is_removed_with_their_references_only(repository, run, refused):
    assert "`web.page_views.customer_id` refers to it (`shop.customers.customer_id`)" in refused("remove source shop")
    said = refused("remove table shop.products")
    assert "`web.page_views.product_id` refers to it" in said
    assert run("remove table shop.products --with-references --commit").code == 0
    assert web(repository).topics[0].field("product_id").references is None
    assert run("remove source shop --with-references --commit").code == 0
    assert web(repository).topics[0].field("customer_id").references is None


def test_what_a_stream_joins_is_renamed_with_its_table_column_and_source(repository, run):
    for words in (
        "rename table shop.customers clients",
        "rename column clients.customer_id client_id",
        "rename column clients.segment price_group",
        "rename column products.list_price product_price",
        "rename source shop zoo",
    ):
        assert run(f"{words} --commit").code == 0, words
    assert {
        "      - {field: customer_id, columns: [{name: segment, column: price_group}]}",
        "      - {field: product_id, columns: [{name: product_price}]}",
    } <= {*repository.read("sources/web.yml").splitlines()}
    job = repository.read("stream/jobs/web__segment_traffic.py")
    assert all(text in job for text in ('source="zoo"', 'table="clients"', '"origin": "client_id"', "price_group"))


def test_what_a_stream_joins_is_removed_with_the_stream_only(repository, run, refused):
    assert "`web.segment_traffic` joins it (`customer_id`)" in refused("remove table shop.customers")
    assert run("remove table shop.products --with-references --commit").code == 0
    assert [stream.name for stream in web(repository).streams] == ["page_views", "page_traffic"]


def test_a_stream_that_joins_is_added(repository, run):
    words = ["add", "stream", "newsletter_views", "--join", "reads=customer_id:newsletter", "--join", "sku=product_id"]
    words += ["--window", "1 hour", "--group-by", "sku", "--aggregate", "reading=count:reads"]
    assert run(*words, "--commit").code == 0
    assert spec_diff(repository)[:5] == [
        "+  - name: newsletter_views",
        "+    topic: page_views",
        "+    joins:",
        "+      - {field: customer_id, columns: [{name: reads, column: newsletter}]}",
        "+      - {field: product_id, columns: [{name: sku}]}",
    ]


def test_a_batch_platform_can_add_events(repository, run, refused, logins):
    said = refused("set processing batch")
    assert "the source `web` has events" in said and "platform.yml:" in said
    assert run("remove source web --commit").code == 0
    assert run("set processing batch --commit").code == 0
    assert not repository.path("stream/run.py").exists()
    assert "processing: streaming" in refused("add", "source", "auth", "--from", str(logins))
    assert run("set processing streaming --commit").code == 0
    assert run("add source web --sample web --commit").code == 0
    assert repository.path(JOB).is_file()
    assert run("add", "source", "auth", "--from", str(logins), "--commit").code == 0
    assert repository.path("stream/jobs/auth__logins_per_window.py").is_file()


def test_a_sample_is_added_again_under_another_name_without_dangling_references(repository, run):
    assert run("add source site --sample web --commit").code == 0
    site = parse_source(repository.read("sources/site.yml"), "site.yml")
    assert [stream.name for stream in site.streams] == [
        "site_page_views",
        "site_page_traffic",
        "site_segment_traffic",
    ]
    assert run("rename table shop.customers clients --commit").code == 0
    assert run("add source app --sample web --commit").code == 0
    app = parse_source(repository.read("sources/app.yml"), "app.yml")
    assert app.topics[0].field("customer_id").references is None
    # A stream is not added without the table that it joins.
    assert [stream.name for stream in app.streams] == ["app_page_views", "app_page_traffic"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("add topic page_views --field a", "a topic with this name exists"),
        ("add topic web.page-views.v1 --from logins.jsonl", "platform-new refresh web --from FILE"),
        ("add topic logins", "either introspected or described"),
        ("add topic logins --from . --key a", "either introspected or described"),
        ("add topic logins --from .", "pass a file of sample events"),
        ("add topic logins --source shop --field a", "use one of `web`"),
        ("add stream page_views", "a stream with this name exists"),
        ("add stream views --topic page_view", "did you mean `page_views`?"),
        ("add stream views --aggregate views", "write NAME=FUNCTION"),
        ("add stream views --join segment", "write NAME=FIELD or NAME=FIELD:COLUMN"),
        ("add stream views --join segmnt=customer_id", "did you mean `segment`?"),
        ("add stream views --aggregate views=count", "without a window, an aggregate would never be final"),
        ("add stream views --window long", "--window: `length` is not a duration"),
        (
            "add stream views --trigger soon",
            "--trigger: `trigger` is not a trigger (`soon`)\n    → write `available_now`",
        ),
        ("add stream views --window long --aggregate n=cnt", "--aggregate: `function` has to be one of"),
        ("add topic log\\ ins --field at\\ timestamptz", "Kafka does not allow this topic name"),
        ("add topic logins --field 'at tme'", "--field: `type` is not a type (`tme`)"),
        ("add topic logins --field 'at text'", "no field is a timestamp"),
        ("add stream views --window 5\\ minutes", "a window needs aggregates"),
        ("add stream orders", "`shop.orders` already becomes the fact `orders`"),
        ("add table views --source web --column a", "use one of `shop`"),
        ("rename topic page_view x", "did you mean `page_views`?"),
        ("rename stream page_traffic page_views", "a stream with this name exists"),
        ("rename table web.page_views x", "unknown source of tables (`web`)"),
        ("remove stream shop.orders", "use one of `web`"),
        ("remove stream traffic", "did you mean"),
        ("remove stream page_views --with-references", "nothing refers to a stream"),
    ],
)
def test_invalid_edits_are_refused_with_a_hint_and_nothing_is_written(repository, refused, words, said):
    repository.write("logins.jsonl", '{"at": "2026-01-05T09:00:00Z"}\n')
    assert said in refused(*shlex.split(words))


@pytest.mark.parametrize("path", [JOB, TOPIC, "stream/tables/web.yml"])
def test_a_file_of_a_stream_is_explained_by_the_line_of_the_spec(repository, run, path):
    outcome = run(f"why {path}")
    assert outcome.code == 0
    assert "sources/web.yml:" in outcome.out


def test_status_plan_and_update_know_such_a_repository(repository, run):
    assert run("status").code == 0
    assert "stream web.page_traffic" in run("plan").out
    assert "up to date" in run("update").out


def test_the_table_that_corrects_a_stream_is_renamed_and_its_removal_refused(tmp_path, run, refused, monkeypatch):
    spec = Spec(
        platform=Platform(name="served", processing="lambda", orchestrator="none", ci="none"),
        sources=(sample_source("shop"),),
        event_sources=(sample_source("checkout"),),
    )
    served = Repository(tmp_path / "served")
    flow.create(served.folder, spec, git=True)
    monkeypatch.chdir(served.folder)
    assert run("rename table shop.orders purchases --commit").code == 0
    assert run("rename source shop store --commit").code == 0
    assert "corrected_by: store.purchases\n" in served.read("sources/checkout.yml")
    assert "is corrected by it (`store.purchases`)" in refused("remove source store")
