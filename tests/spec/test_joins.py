"""Streams join tables of other sources by a field that refers to a key; an invalid join is refused with its line."""

from __future__ import annotations

import pytest

from platform_new.catalog import load_catalog
from platform_new.errors import Refused
from platform_new.spec.events.lake import lake_source
from platform_new.spec.load import load_spec, parse_source
from platform_new.spec.write import source_yaml

SHOP = """\
name: shop
kind: postgres
tables:
  - name: users
    key: [user_id]
    columns:
      - {name: user_id, type: bigint, required: true}
      - {name: email, type: text, unique: true, pii: email}
      - {name: segment, type: text, values: [small, large]}
      - {name: age, type: integer, min: 0, pii: other}
      - {name: secret, type: text, exclude: nobody needs it}
  - name: visits
    key: [user_id, visit]
    columns:
      - {name: user_id, type: bigint, required: true}
      - {name: visit, type: bigint, required: true}
"""
WEB = """\
name: web
kind: kafka
topics:
  - name: clicks
    event_time: at
    fields:
      - {name: at, type: timestamptz, required: true}
      - {name: user_id, type: bigint, references: shop.users.user_id}
      - {name: visitor_id, type: bigint, references: shop.visits.user_id}
      - {name: campaigns, type: text, repeated: true}
      - {name: price, type: bigint}
streams:
  - name: clicks_by_segment
    topic: clicks
    joins:
      - {field: user_id, columns: [{name: segment}, {name: user_age, column: age}]}
    window: {length: 10 minutes}
    group_by: [segment]
    aggregates:
      - {name: clicks, function: count}
      - {name: age_max, function: max, field: user_age}
  - name: clicks_with_users
    topic: clicks
    joins:
      - {field: user_id, columns: [{name: email}, {name: segment}]}
"""
PLAIN = "{field: user_id, columns: [{name: email}, {name: segment}]}"
JOIN = "{field: user_id, columns: [{name: segment}, {name: user_age, column: age}]}"


@pytest.fixture
def load(tmp_path):
    """A function from the two sources to the loaded spec, or to the report of its errors."""

    def load(web: str = WEB, shop: str = SHOP) -> object:
        (tmp_path / "platform.yml").write_text("name: acme\nprocessing: streaming\n")
        (tmp_path / "sources").mkdir(exist_ok=True)
        for name, text in {"web": web, "shop": shop}.items():
            (tmp_path / f"sources/{name}.yml").write_text(text)
        try:
            return load_spec(tmp_path, load_catalog())
        except Refused as refusal:
            return str(refusal)

    return load


def changed(old: str, new: str) -> str:
    assert old in WEB
    return WEB.replace(old, new, 1)


def test_joined_columns_are_columns_of_the_table_in_the_lake(load):
    spec = load()
    lake = lake_source(spec.event_sources[0], spec.sources)

    windows = {column.name: column for column in lake.table("clicks_by_segment").columns}
    assert {name: column.type for name, column in windows.items()} == {
        "window_start": "timestamptz",
        "window_end": "timestamptz",
        "segment": "text",
        "clicks": "bigint",
        "age_max": "integer",
        "last_batch": "bigint",
    }
    assert lake.table("clicks_by_segment").key == ("window_start", "segment")
    assert (windows["segment"].required, windows["segment"].values) == (True, ("small", "large", "unknown"))
    events = {column.name: column for column in lake.table("clicks_with_users").columns}
    assert (events["email"].pii, events["email"].required) == ("email", False)
    assert events["segment"].values == ("small", "large")


def test_joins_are_written_and_read_back_even_if_they_are_long():
    columns = ", ".join(f"{{name: joined_{number}, column: column_{number}}}" for number in range(5))
    for text in (WEB, changed(JOIN, f"{{field: user_id, columns: [{columns}]}}")):
        source = parse_source(text, "web.yml")
        written = source_yaml(source)
        assert parse_source(written, "web.yml") == source
        assert max(map(len, written.splitlines())) <= 120


@pytest.mark.parametrize(
    ("web", "line", "reason"),
    [
        (changed("field: user_id", "field: user"), 16, "no such field (`user`)"),
        (changed("field: user_id", "field: campaigns"), 16, "the field is a list"),
        (changed("field: user_id", "field: price"), 16, "does not say which table it refers to"),
        (
            changed(PLAIN, "{field: visitor_id, columns: [{name: visit}]}"),
            25,
            "several rows of `shop.visits` may have the same",
        ),
        (changed("column: age", "column: agee"), 16, "has no such column (`agee`)"),
        (changed("column: age", "column: secret"), 16, "is excluded"),
        (changed("name: email", "name: price, column: email"), 25, "already has a field or column of this name"),
        (changed("name: email", "name: last_batch, column: email"), 25, "of this name (`last_batch`)"),
        (changed("name: email", "name: segment, column: email"), 25, "of this name (`segment`)"),
        (changed("group_by: [segment]", "group_by: [user_age]"), 16, "get the group `unknown`"),
        (changed("field: user_age", "field: age"), 21, "no such field (`age`)"),
        (
            changed("function: max, field: user_age", "function: sum, field: segment"),
            21,
            "`sum` does not apply to a field",
        ),
        (changed(JOIN, f"{JOIN}\n      - {{field: user_id, columns: [{{name: email}}]}}"), 17, "is already joined"),
        (changed("{field: user_id, columns", "{topic: orders, field: user_id, columns"), 16, "without a bound in time"),
        (changed("{name: segment}, ", "{name: segment, colum: a}, "), 16, "did you mean `column`?"),
        (changed(PLAIN, "{field: user_id, columns: [email]}"), 25, "has to consist of keys and values"),
    ],
    ids=lambda value: "" if isinstance(value, str) and "\n" in value else str(value),
)
def test_an_invalid_join_is_refused_with_its_line(load, web, line, reason):
    report = load(web)

    assert isinstance(report, str)
    assert reason in report
    assert f"sources/web.yml:{line}:" in report
    assert report.count("→") == report.count("sources/web.yml:") == 1


def test_another_stream_is_not_joined_and_the_report_says_what_to_do_instead(load):
    report = load(changed("references: shop.users.user_id", "references: web.clicks_with_users.user_id"))

    assert "belongs to a source of events: without a bound in time, a join of two streams" in report
    assert "join their tables in a mart" in report


def test_a_table_is_joined_by_any_column_that_is_unique(load):
    by_email = changed(
        "name: user_id, type: bigint, references: shop.users.user_id",
        "name: user_id, type: text, references: shop.users.email",
    )

    assert not isinstance(load(by_email), str)
    assert "may have the same `email`" in load(by_email, SHOP.replace("unique: true, ", ""))


def test_a_joined_table_that_is_excluded_is_reported(load):
    report = load(shop=SHOP.replace("  - name: users\n", "  - name: users\n    exclude: too much\n"))

    assert "sources/web.yml:8:" in report and "no other source has such a column" in report
