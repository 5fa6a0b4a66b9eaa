"""Sources are written so that they read well, reload unchanged and survive an edit by a program."""

from __future__ import annotations

import io

import yaml
from effort import cases
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML
from strategies import specs

from platform_new.spec.models import Column, Load, Source, Table
from platform_new.spec.write import source_yaml

reason_texts = st.text(min_size=1, max_size=200, alphabet=st.characters(exclude_categories=["Cs"]))


def steps(source):
    """Paths in a source's spec."""
    paths = [("tables",)]
    for table in source.tables:
        paths += [("tables", table.name), *(("tables", table.name, name) for name in ("role", "load", "key", "rows"))]
        paths += [("tables", table.name, "columns", column.name, "pii") for column in table.columns]
    return st.sampled_from(paths)


@st.composite
def sources_with_reasons(draw):
    source = draw(specs(max_sources=1).filter(lambda spec: spec.sources)).sources[0]
    return source, draw(st.dictionaries(steps(source), reason_texts, max_size=8))


def comments(text):
    return [line.partition("# ")[2] for line in text.splitlines() if "# " in line]


@cases(15)
@given(sources_with_reasons())
def test_any_source_is_read_back_by_either_yaml_and_keeps_its_reasons(drawn):
    source, reasons = drawn
    text = source_yaml(source, reasons)
    assert Source.model_validate(YAML(typ="safe").load(text)) == source
    assert Source.model_validate(yaml.safe_load(text)) == source
    said = " ".join(" ".join(comments(text)).split())
    for reason in reasons.values():
        words = "".join(letter if letter.isprintable() else " " for letter in reason).split()
        assert not words or words[0] in said


@cases(15)
@given(sources_with_reasons())
def test_a_round_trip_through_ruamel_yaml_changes_no_line(drawn):
    text = source_yaml(*drawn)
    round_trip = YAML()
    round_trip.preserve_quotes = True
    round_trip.width = 4096
    round_trip.indent(mapping=2, sequence=4, offset=2)
    written = io.StringIO()
    round_trip.dump(round_trip.load(text), written)
    assert Source.model_validate(YAML(typ="safe").load(written.getvalue())) == drawn[0]
    # ruamel.yaml escapes some unprintable characters differently.
    assert written.getvalue() == text or "\\" in text


def test_it_reads_as_if_written_by_hand():
    source = Source(
        name="shop",
        kind="postgres",
        tables=(
            Table(
                name="orders",
                schema="public",
                role="fact",
                load=Load(mode="incremental", cursor="updated_at", lag="1 day"),
                key=("order_id",),
                unique=(("a", "b"),),
                description="One row is one order, which a customer placed in the shop or by telephone; it is never "
                "changed after it was sent, but for its status.",
                columns=(
                    Column(name="order_id", type="bigint", required=True),
                    Column(name="email", origin="E-Mail", type="text", pii="email"),
                    Column(name="status", type="text", values=("placed", "no", "1", "it's", "a: b")),
                    Column(
                        name="price",
                        type="numeric(10, 2)",
                        min=0,
                        max=1e21,
                        description="The price " + "very " * 30 + "long",
                    ),
                ),
            ),
        ),
    )
    reasons = {
        ("tables", "orders"): "has row-level security",
        ("tables", "orders", "role"): "a date, 2 measures",
        ("tables", "orders", "columns", "email", "pii"): "from its name",
    }
    assert source_yaml(source, reasons) == (
        """\
# yaml-language-server: $schema=../.platform/schema/source.json
name: shop
kind: postgres
schedule: "0 3 * * *"  # UTC
drift: evolve  # or freeze
tables:
  # has row-level security
  - name: orders
    schema: public
    description: >-
      One row is one order, which a customer placed in the shop or by telephone; it is never changed after it was sent,
      but for its status.
    role: fact  # a date, 2 measures
    load: {mode: incremental, cursor: updated_at, lag: 1 day}
    key: [order_id]
    unique:
      - [a, b]
    columns:
      - {name: order_id, type: bigint, required: true}
      - {name: email, origin: E-Mail, type: text, pii: email}  # from its name
      - {name: status, type: text, values: [placed, "no", "1", "it's", "a: b"]}
      - name: price
        type: "numeric(10, 2)"
        min: 0
        max: 1.0e+21
        description: >-
          The price very very very very very very very very very very very very very very very very very very very very
          very very very very very very very very very very long
"""
    )
