"""Edits of YAML texts have the intended effect and keep every other byte."""

from __future__ import annotations

import difflib

import pytest
from edited_source import SOURCE
from effort import cases
from hypothesis import given
from hypothesis import strategies as st
from strategies import specs

from platform_new.edit.rewrite import rewrite_source
from platform_new.edit.yaml_text import YamlText
from platform_new.errors import Refused
from platform_new.spec.load import parse_source
from platform_new.spec.models import Column, Load, Reference, Source, Table
from platform_new.spec.write import source_yaml

ODD = """\
kind: 'postgres'
name: "shop"   # quoted

tables:
- name: orders
  columns:
  - { name: order_id,  type: bigint }   # the id
  - name: status
    type: text
    values:
    - placed   # at first
    - sent
    # - lost
# about customers

# more about customers
- name: customers
  load: {mode: incremental, cursor: seen}
  columns: [{name: customer_id, type: bigint}, {name: seen, type: timestamp}]
  key: [customer_id]
schedule: "0 4 * * *"
# the end"""


def changed_lines(before: str, after: str) -> list[str]:
    """The lines of a diff without context."""
    diff = list(difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm=""))
    return [line for line in diff[2:] if not line.startswith("@@")]


def with_table(source: Source, name: str, **update) -> Source:
    """The source with a table changed."""
    tables = (table.model_copy(update=update) if table.name == name else table for table in source.tables)
    return source.model_copy(update={"tables": tuple(tables)})


def test_a_replaced_value_keeps_its_quotes_and_its_comment():
    yaml = YamlText(ODD, "f")
    yaml.set(("name",), "store")
    yaml.set(("kind",), "mysql")
    assert changed_lines(ODD, yaml.text) == [
        "-kind: 'postgres'", '-name: "shop"   # quoted', "+kind: 'mysql'", '+name: "store"   # quoted'
    ]  # fmt: skip


def test_a_list_item_is_removed_with_its_comments():
    after = parse_source(ODD, "f")
    after = after.model_copy(update={"tables": after.tables[:1]})
    assert changed_lines(ODD, rewrite_source(ODD, "f", after)) == [
        "-",
        "-# more about customers",
        "-- name: customers",
        "-  load: {mode: incremental, cursor: seen}",
        "-  columns: [{name: customer_id, type: bigint}, {name: seen, type: timestamp}]",
        "-  key: [customer_id]",
    ]


def test_additions_are_indented_as_their_surroundings():
    after = parse_source(ODD, "f")
    new = Column(name="note", type="text", description="x" * 80)
    after = with_table(after, "orders", columns=(*after.tables[0].columns, new))
    after = with_table(after, "customers", columns=(*after.tables[1].columns, Column(name="email", type="text")))
    assert changed_lines(ODD, rewrite_source(ODD, "f", after)) == [
        "+  - name: note",
        "+    type: text",
        f"+    description: {'x' * 80}",
        "-  columns: [{name: customer_id, type: bigint}, {name: seen, type: timestamp}]",
        "+  columns: [{name: customer_id, type: bigint}, {name: seen, type: timestamp}, {name: email, type: text}]",
    ]


def test_keys_are_added_and_removed_within_brackets():
    after = parse_source(ODD, "f")
    after = with_table(after, "customers", load=Load(mode="incremental", cursor="seen", lag="1 day"))
    after = with_table(
        after, "orders", columns=(Column(name="order_id", type="bigint", required=True), after.tables[0].columns[1])
    )
    assert changed_lines(ODD, rewrite_source(ODD, "f", after)) == [
        "-  - { name: order_id,  type: bigint }   # the id",
        "+  - { name: order_id,  type: bigint, required: true }   # the id",
        "-  load: {mode: incremental, cursor: seen}",
        "+  load: {mode: incremental, cursor: seen, lag: 1 day}",
    ]  # fmt: skip
    assert rewrite_source(rewrite_source(ODD, "f", after), "f", parse_source(ODD, "f")) == ODD


def test_line_ends_a_byte_order_mark_and_letters_of_all_kinds_stay():
    text = "\ufeff" + SOURCE.replace("# The shop.", "# Der Läden größter 🧮").replace("\n", "\r\n")
    after = with_table(parse_source(text.removeprefix("\ufeff"), "f"), "orders", description="Verkäufe")
    edited = rewrite_source(text, "f", after)
    assert edited == text.replace("heart of it\r\n", 'heart of it\r\n    description: "Verkäufe"\r\n')


def test_a_shared_value_is_not_changed_in_one_place():
    tables = "- name: b\n  columns: &all [{name: c, type: text}]\n- {name: d, columns: *all}\n"
    text = f"name: a\nkind: postgres\ntables:\n{tables}"
    after = with_table(parse_source(text, "f"), "d", columns=(Column(name="e", type="text"),))
    with pytest.raises(Refused, match="write out aliases"):
        rewrite_source(text, "f", after)


def alike(before: Source, after: Source) -> Source:
    """The second source with the tables and columns that both have in the order of the first."""
    known = {table.name: [column.name for column in table.columns] for table in before.tables}

    def in_order(things, names):
        return tuple(sorted(things, key=lambda thing: names.index(thing.name) if thing.name in names else len(names)))

    tables = (
        table.model_copy(update={"columns": in_order(table.columns, known.get(table.name, []))})
        for table in after.tables
    )
    return after.model_copy(update={"tables": in_order(tables, list(known))})


@cases(20)
@given(specs(max_sources=1), specs(max_sources=1), st.booleans())
def test_any_source_can_become_any_other(before, after, crlf):
    if before.sources and after.sources:
        text = source_yaml(before.sources[0])
        text = text.replace("\n", "\r\n") if crlf else text
        wanted = alike(before.sources[0], after.sources[0])
        edited = rewrite_source(text, "f", wanted)
        assert parse_source(edited, "f") == wanted
        assert edited.count("\r\n") == (edited.count("\n") if crlf else 0)


@cases(20)
@given(specs(max_sources=1), st.data())
def test_a_table_that_is_added_and_removed_leaves_no_trace(spec, data):
    for source in spec.sources:
        text = source_yaml(source)
        place = data.draw(st.integers(0, len(source.tables)))
        new = Table(name="quite_another", columns=(Column(name="a", type="text"),))
        with_new = source.model_copy(update={"tables": (*source.tables[:place], new, *source.tables[place:])})
        edited = rewrite_source(text, "f", with_new)
        assert rewrite_source(edited, "f", source) == text
        assert not [line for line in changed_lines(text, edited) if line.startswith("-")]


SHOP = """\
name: shop
kind: postgres
tables:
  - name: orders
    load: {mode: incremental, cursor: changed_at}
    key: [id]
    references:
      - {columns: [buyer, shop], to: buyers, to_columns: [id, shop]}
    columns:
      - {name: id, type: bigint}
"""


@pytest.mark.parametrize(
    "new",
    [
        {"load": Load(deletes="mark")},
        {"references": (Reference(columns=("shop", "buyer"), to="buyers", to_columns=("shop", "id")),)},
    ],
    ids=["every key of a map is replaced", "columns of a reference"],
)
def test_a_rewritten_text_has_the_intended_meaning(new):
    before = parse_source(SHOP, "f")
    after = before.model_copy(update={"tables": (before.tables[0].model_copy(update=new),)})
    assert parse_source(rewrite_source(SHOP, "f", after), "f") == after
