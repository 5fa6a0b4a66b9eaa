"""The contracts of topics: what they accept is what the jobs count, and their changes flow through the streams."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import tempfile
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path

import environment as environments
import fastavro
import jsonschema
import pytest
from effort import cases
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML
from strategies import HOSTILE, WORDS

from platform_new import flow
from platform_new.introspect import introspect
from platform_new.plan.streams import PlannedTopic
from platform_new.render.avro import avro_schema
from platform_new.render.event_contract import event_properties
from platform_new.render.json_schema import json_schema
from platform_new.samples import sample_source
from platform_new.spec.data_type import BASES
from platform_new.spec.events.models import EventField, EventSource, Topic
from platform_new.spec.load import parse_source
from platform_new.spec.models import Platform, Spec

JUDGE = Path(__file__).parent / "judge_messages.py"
WHOLE = {"int16": 2**15, "int32": 2**31, "int64": 2**63}
TIMES = {
    "date": r"\d{4}-\d\d-\d\d",
    "date-time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)",
    "date-time-local": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?",
}


def planned(topic: Topic) -> PlannedTopic:
    return PlannedTopic(EventSource(name="shop", kind="kafka", topics=(topic,)), topic)


def validator(schema: dict) -> jsonschema.Draft202012Validator:
    """Checks messages against a schema, with the formats that the contracts use."""
    checker = jsonschema.FormatChecker(formats=())

    def is_time(value: str, pattern: str) -> bool:
        found = re.fullmatch(pattern, value)
        return bool(found) and bool(datetime.fromisoformat(re.split(r"\.|Z|\+|(?<=:\d\d)-", value)[0]))

    for name, pattern in TIMES.items():
        checker.checks(name, ValueError)(lambda v, p=pattern: not isinstance(v, str) or is_time(v, p))
    for name, limit in WHOLE.items():
        checker.checks(name)(lambda v, n=limit: not isinstance(v, int) or -n <= v < n)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema, format_checker=checker)


@st.composite
def objects(draw, depth: int = 0) -> tuple[EventField, ...]:
    """The fields of an object: of every type, in objects and lists, spelt as nobody should."""
    names = draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=5, unique=True))
    spelt = st.one_of(st.none(), st.sampled_from(HOSTILE).filter(bool), st.from_regex(r"[a-zA-Z]{1,6}", fullmatch=True))
    fields, origins = [], set()
    for name in names:
        origin = draw(spelt)
        origin = None if origin == name else origin
        # An object keeps its first field: without any it would be no object to the spec.
        if (origin or name) in origins:
            continue
        origins.add(origin or name)
        nested = depth < 2 and draw(st.booleans())
        type_ = "object" if nested else draw(st.sampled_from([*BASES, "numeric(6, 2)", "numeric(38, 9)"]))
        limits = {}
        if type_ == "text":
            limits["values"] = draw(st.none() | st.just(("a", "b")) | st.just(("a b", "ü")))
        if type_ in ("integer", "numeric"):
            limits |= draw(st.sampled_from([{}, {"min": 1}, {"min": "-2.5", "max": 7}]))
        fields.append(
            EventField(
                name=name,
                origin=origin,
                type=type_,
                fields=draw(objects(depth + 1)) if nested else (),
                repeated=draw(st.booleans()),
                required=draw(st.booleans()),
                pii=draw(st.sampled_from([None, "email"])) if type_ == "text" else None,
                description=" ".join(draw(st.sampled_from(["", *HOSTILE])).split()) or None,
                **limits,
            )
        )
    return tuple(fields)


@st.composite
def topics(draw) -> Topic:
    fields = [field for field in draw(objects()) if field.source_name != "happened"]
    time = EventField(name="happened", type="timestamptz", required=draw(st.booleans()))
    return Topic(
        name="events",
        origin=draw(st.none() | st.just("shop.events-v1")),
        key=draw(st.none() | st.sampled_from([field.name for field in [*fields, time]])),
        event_time="happened",
        lateness="5 minutes",
        partitions=3,
        fields=(*fields, time),
    )


@cases(30)
@given(topics())
def test_whatever_the_topic_its_contracts_are_valid_and_say_the_same_when_they_are_looked_at(topic):
    schema = json_schema(planned(topic))
    validator(json.loads(schema))
    fastavro.parse_schema(json.loads(avro_schema(planned(topic))))
    properties = YAML(typ="safe").load(event_properties(planned(topic), 0))
    assert [each.get("physicalName", each["name"]) for each in properties] == [f.source_name for f in topic.fields]

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "events.schema.json")
        file.write_text(schema, encoding="utf-8")
        seen = introspect(str(file)).source
    assert seen.name == "shop"
    assert json_schema(planned(seen.topics[0])) == schema


def test_an_event_can_be_kept_in_avro():
    topic = sample_source("web").topics[0]
    schema = fastavro.parse_schema(json.loads(avro_schema(PlannedTopic(sample_source("web"), topic))))
    event = {
        "viewId": "00000000-0000-0000-0000-000000000001",
        "viewedAt": datetime(2026, 1, 5, 9, tzinfo=timezone.utc),
        "visitorId": "a",
        "customerId": None,
        "productId": 7,
        "page": "basket",
        "seconds": Decimal("1.50"),
        "device": {"kind": "phone", "language": None},
        "campaigns": ["spring", None],
    }
    file = io.BytesIO()
    fastavro.writer(file, schema, [event])
    file.seek(0)

    (read,) = fastavro.reader(file)
    assert {**read, "viewId": str(read["viewId"])} == event


EVERY_TYPE = """
name: things
kind: kafka
topics:
  - name: all_types
    event_time: at
    fields:
      - {name: at, type: timestamptz, required: true}
      - {name: status, origin: Status, type: text, values: [a, b]}
      - {name: free, type: text, required: true}
      - {name: uid, type: uuid}
      - {name: doc, type: json}
      - {name: small, type: smallint, min: 0}
      - {name: rank, type: integer, values: [1, 2, 3]}
      - {name: big, type: bigint}
      - {name: price, type: "numeric(6, 2)", min: "-10.5", max: 100}
      - {name: total, type: "numeric(6, 2)"}
      - {name: ratio, type: double, max: 5}
      - {name: factor, type: real}
      - {name: flag, type: boolean}
      - {name: day, type: date, min: "2020-01-01"}
      - {name: clock, type: time}
      - {name: local, type: timestamp}
      - {name: content, type: binary}
      - {name: tags, type: text, repeated: true, values: [x, y]}
      - {name: numbers, type: bigint, repeated: true, min: 0}
      - name: buyer
        type: object
        fields:
          - {name: id, origin: theId, type: bigint, required: true}
          - name: home
            origin: Home
            type: object
            fields:
              - {name: kind, type: text, required: true, values: [p, q]}
              - {name: floor, type: integer, min: 2}
      - name: lines
        type: object
        repeated: true
        fields:
          - {name: sku, origin: SKU, type: text, required: true}
          - {name: count, type: integer, min: 1}
streams:
  - {name: all_types, topic: all_types}
"""
EVENT = {"at": "2026-06-01T09:00:00Z", "free": "x"}
ANYTHING = [None, "x", True, -7, 1.5, [], {}]
VALUES = {
    "at": ["2026-06-01T09:00:00.123456Z", "2026-06-01T09:00:00+02:00", "2026-13-01T09:00:00Z", "x", None, True, {}],
    "Status": ["a", "b", "c", None],
    "free": ["", "ü", None],
    "uid": ["00000000-0000-0000-0000-000000000001", "x", None],
    "doc": [*ANYTHING, {"a": [1]}],
    "small": [*ANYTHING, 0, 32767, 32768, "1"],
    "rank": [*ANYTHING, 1, 4, 2**31, "2"],
    "big": [*ANYTHING, 2**63 - 1, 2**63, -(2**63), "5"],
    "price": [None, True, [], {}, 1, -10.5, -10.51, 99.99, 100, 100.01],
    "total": [None, True, [], {}, 9999.99, -9999.99, 10000, 1.2345, 1e3],
    "ratio": [*ANYTHING, 5, 5.1, "1", "NaN", 1e300],
    "factor": [*ANYTHING, 3, "1"],
    "flag": [*ANYTHING, False, 0, "true"],
    "day": ["2026-01-05", "2026-02-30", "x", None, True, 5],
    "clock": ["09:00:00", None],
    "local": ["2026-01-05T09:00:00", "2026-13-05T09:00:00", "x", None, True],
    "content": ["YQ==", None, 5],
    "tags": [["x"], ["x", None], ["x", "z"], [], "x", None, {}],
    "numbers": [*ANYTHING, [1, 2], [1, None], [1, -1], [1, "2"], [1.5]],
    "buyer": [
        *ANYTHING,
        {"theId": 1},
        {"theId": None},
        {"theId": "x"},
        {"id": 1},
        *({"theId": 1, "Home": home} for home in [*ANYTHING, {"kind": "p"}, {"kind": "z"}, {"floor": 3}]),
        *({"theId": 1, "Home": {"kind": "q", "floor": floor}} for floor in [1, 2, None, "2", 2.5]),
    ],
    "lines": [
        *ANYTHING,
        *([line] for line in ["x", None, {}, {"sku": "a"}, {"SKU": "a"}, {"SKU": "a", "count": 2}]),
        [{"SKU": "a"}, {"SKU": "b", "count": 0}],
        [{"SKU": "a"}, {"SKU": "b", "count": "x"}],
    ],
    "colour": ANYTHING,
}
PATIENCE = [
    *({"free": value} for value in [1, True, [1], {}]),
    {"uid": 5},
    {"clock": 9},
    {"price": "5.5"},
    {"total": 9999.994},
    {"at": "2026-06-01T09:00:00"},
    {"at": "2026-06-01 09:00:00Z"},
    {"day": "2026-1-5"},
    {"local": "2026-01-05T09:00:00Z"},
]
UNSAID = [{"small": 1.0}, {"day": "2019-12-31"}, {"content": "?"}]


@pytest.fixture(scope="module")
def judged(tmp_path_factory, stream_environment):
    """For each of many messages, as text: whether the contract accepts it, and the job's reason and field."""
    folder = tmp_path_factory.mktemp("contracts") / "acme"
    source = parse_source(EVERY_TYPE, "sources/things.yml")
    flow.create(folder, Spec(platform=Platform(name="acme", processing="streaming"), event_sources=(source,)))
    for name in environments.STREAM_PARTS:
        (folder / name).symlink_to(stream_environment / name)
    check = validator(json.loads((folder / "contracts/topics/things/all_types.schema.json").read_text()))
    values = [{name: value} for name, each in VALUES.items() for value in each]
    events = [{**EVENT, **value} for value in (*values, *PATIENCE, *UNSAID)]
    events += [{name: value for name, value in EVENT.items() if name != missing} for missing in EVENT]
    texts = [json.dumps(event) for event in events]
    done = subprocess.run(
        [folder / ".venv-stream/bin/python", JUDGE, "things__all_types"],
        cwd=folder,
        env=environments.clean({"PYTHONPATH": str(folder), "JAVA_HOME": os.environ.get("JAVA_HOME", "")}),
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    accepted = [check.is_valid(json.loads(text)) for text in texts]
    return {text: (ok, *reason) for text, ok, reason in zip(texts, accepted, json.loads(done.stdout), strict=True)}


def texts_of(values: list[dict]) -> set[str]:
    return {json.dumps({**EVENT, **value}) for value in values}


@pytest.mark.proof
def test_the_job_counts_what_the_contract_accepts_and_nothing_else(judged):
    compared = judged.keys() - texts_of(PATIENCE) - texts_of(UNSAID)
    wrong = {text: judged[text] for text in compared if judged[text][0] != (judged[text][1] is None)}

    assert wrong == {}
    assert {judged[text][0] for text in compared} == {True, False}


@pytest.mark.proof
def test_the_job_is_more_patient_than_the_contract_only_where_the_docs_say_so(judged):
    assert {judged[text][:2] for text in texts_of(PATIENCE)} == {(False, None)}
    assert {judged[text][:2] for text in texts_of(UNSAID)} == {(True, "wrong_type"), (True, "out_of_range")}


@pytest.mark.proof
def test_a_dead_letter_names_the_field_at_fault_in_objects_and_lists(judged):
    reasons = {(reason, field) for _, reason, field in judged.values()}

    for expected in [
        ("wrong_type", "buyer"),
        ("wrong_type", "buyer.home"),
        ("wrong_type", "buyer.home.floor"),
        ("missing", "buyer.id"),
        ("unknown_value", "buyer.home.kind"),
        ("out_of_range", "lines.count"),
        ("missing", "lines.sku"),
        ("unknown_value", "tags"),
        ("out_of_range", "numbers"),
    ]:
        assert expected in reasons


ORDERS = """
name: shop
kind: kafka
topics:
  - name: orders
    event_time: at
    fields:
      - {name: id, type: integer, required: true}
      - {name: at, type: timestamptz, required: true}
      - {name: status, type: text, required: true, values: [open, paid]}
      - {name: buyer, type: object, fields: [{name: city, type: text}]}
streams:
  - {name: orders, topic: orders}
  - name: orders_by_status
    topic: orders
    window: {length: 1 hour}
    group_by: [status]
    aggregates: [{name: order_count, function: count}]
"""
COMPATIBLE = (
    ("{name: id, type: integer,", "{name: id, type: bigint,"),
    ("values: [open, paid]", "values: [open, paid, sent]"),
    ("{name: city, type: text}", "{name: city, type: text}, {name: floor, type: smallint}"),
    ("streams:", "      - {name: channel, type: text}\nstreams:"),
)


def order(number: int, status: str = "open", **more) -> str:
    return json.dumps({"id": number, "at": f"2026-01-05T09:00:{number % 60:02}Z", "status": status, **more})


def changed(folder: Path, *changes: tuple[str, str]) -> None:
    """Change the spec and update the repository to it."""
    text = ORDERS
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder / "sources/shop.yml").write_text(text, encoding="utf-8")
    subprocess.run(
        [sys.executable, "-m", "platform_new", "update", "--commit"], cwd=folder, check=True, capture_output=True
    )


ON_AND_ON = """
from stream.jobs import streams
from stream.run import run, start
from stream.sample.lake import sample_messages
from stream.session import session
spark = session("tests")
run(spark, [start(spark, each, sample_messages(spark, each), once=True) for each in streams().values()])
"""


def run_over(folder: Path, file: Path, stream) -> None:
    """Have the streams take the events of a file that they have not seen, 20 in a batch, to the lake of the topic."""
    assert stream(folder, "stream-sample", f"EVENTS={file}", "LINES=20").returncode == 0
    python = folder / ".venv-stream/bin/python"
    subprocess.run([python, "-c", ON_AND_ON], cwd=folder, env=environments.clean(), check=True)


@pytest.mark.exhaustive
def test_a_compatible_change_flows_through_and_what_breaks_the_contract_is_a_dead_letter(
    tmp_path, stream, environment, lake_rows
):
    folder, file = tmp_path / "acme", tmp_path / "orders.jsonl"
    source = parse_source(ORDERS, "sources/shop.yml")
    flow.create(folder, Spec(platform=Platform(name="acme", processing="streaming"), event_sources=(source,)))
    old = [order(number, buyer={"city": "Rome"}) for number in range(20)]
    file.write_text("\n".join(old) + "\n")
    run_over(folder, file, stream)

    changed(folder, *COMPATIBLE)
    checked = stream(folder, "topics-check")
    assert checked.returncode == 0
    assert "shop/orders: channel is new" in checked.stdout
    new = [order(2**40 + number, "sent", channel="app", buyer={"floor": 3}) for number in range(10)]
    broken = [order(1, id="one"), order(1, "lost"), json.dumps({"id": 5, "status": "open"})]
    file.write_text("\n".join([*old, *old[:5], *new, *broken]) + "\n")
    run_over(folder, file, stream)

    lake = folder / "data/lake/shop"
    by_status = "select status, sum(order_count)::bigint from delta_scan('{lake}/orders_by_status') group by all"
    assert sorted(lake_rows(environment, lake, by_status)) == [("open", 25), ("sent", 10)]
    columns = "count(*), count(channel), count(buyer.city), count(buyer.floor), max(id)::bigint"
    assert lake_rows(environment, lake, f"select {columns} from delta_scan('{{lake}}/orders')") == [
        (35, 10, 25, 10, 2**40 + 9)
    ]
    dead = "select reason, field from delta_scan('{lake}/orders__dead_letters') order by all"
    assert lake_rows(environment, lake, dead) == [("missing", "at"), ("unknown_value", "status"), ("wrong_type", "id")]

    changed(folder, ("{name: id, type: integer,", "{name: id, type: text,"))
    checked = stream(folder, "topics-check")
    assert checked.returncode != 0
    assert "NOT COMPATIBLE: shop/orders: id is string" in checked.stdout
