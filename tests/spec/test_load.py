"""An invalid spec is refused with every error, each with its file, line, value, reason and hint."""

from __future__ import annotations

import textwrap

import pytest

from platform_new.catalog import load_catalog
from platform_new.errors import Refused
from platform_new.spec.load import load_spec, parse_platform, parse_source

SOURCE = """\
name: shop
kind: postgres
tables:
  - name: orders
    role: fact
    key: [order_id]
    columns:
      - {name: order_id, type: bigint}
      - {name: customer_id, type: bigint, references: customers.customer_id}
      - {name: updated_at, type: timestamp}
  - name: customers
    key: [customer_id]
    columns:
      - {name: customer_id, type: bigint}
      - {name: email, type: text}
"""


@pytest.fixture
def load(tmp_path):
    """A function from files to the loaded spec, or to the report of its errors."""

    def load(**files: str | bytes) -> object:
        for name, text in {"platform": "name: acme\n", **files}.items():
            path = tmp_path / (f"{name}.yml" if name == "platform" else f"sources/{name}.yml")
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(text.encode() if isinstance(text, str) else text)
        try:
            return load_spec(tmp_path, load_catalog())
        except Refused as refusal:
            return str(refusal)

    return load


def changed(old: str, new: str) -> str:
    assert old in SOURCE
    return SOURCE.replace(old, new, 1)


def test_a_good_spec_is_completed_with_the_defaults_of_the_axes(load):
    spec = load(shop=SOURCE)
    for axis in load_catalog().questions:
        assert spec.platform.chosen(axis.name) == axis.default
    assert spec.sources[0].table("orders").column("customer_id").references == "customers.customer_id"


@pytest.mark.parametrize(
    ("text", "report"),
    [
        ("", "platform.yml: the file is empty\n    → see `platform-new schema` for its keys"),
        ("# only a comment\n", "platform.yml: the file is empty\n    → see `platform-new schema` for its keys"),
        ("- name\n", "platform.yml:1: the file has to consist of keys and values\n    → begin it with `name: …`"),
        (
            "owner: me\n",
            "platform.yml:1: `name` is missing\n"
            "    → add it: The platform's name, and its folder's: lowercase words joined by `-`.",
        ),
        (
            "name: acme\nwarehose: duckdb\n",
            "platform.yml:2: unknown key (`warehose`)\n    → did you mean `warehouse`?",
        ),
        (
            "name: acme\nname: other\n",
            "platform.yml:2: duplicate key; the first is in line 1 (`name`)\n    → keep one of them",
        ),
        (
            "name: acme\nmodeling:\n  - star\n",
            "platform.yml:3: `modeling` has to be text\n    → write a word or a sentence",
        ),
        (
            "name: acme\nowner: no\n",
            "platform.yml:2: `owner` has to be text, but YAML reads this as a number, true or false (`false`)\n"
            "    → put it in quotes",
        ),
        (
            "name: acme\nowner: postgresql://me:s3cr3t@host/db\n",
            "platform.yml:2: a password does not belong in this file (`postgresql://me:***@host/db`)\n"
            "    → write the NAME of an environment variable, and set the variable to the address",
        ),
        (
            "name: acme\n\tci: none\n",
            "platform.yml:2: this is not YAML: found a tab character that violates indentation, "
            "while scanning a plain scalar that begins in line 1 (`ci: none`)\n"
            "    → indent with spaces; YAML does not allow tabs there",
        ),
        (
            "name: [acme\nci: none\n",
            "platform.yml:2: this is not YAML: did not find expected ',' or ']', "
            "while parsing a flow sequence that begins in line 1 (`ci: none`)\n"
            "    → check that colons are followed by a space, and that quotes and brackets are closed",
        ),
        (b"name: acme\nowner: \xff\n", "platform.yml:2: this is not UTF-8\n    → save the file as UTF-8"),
        (
            "name: &a [*a]\n",
            "platform.yml:1: the value contains itself\n    → write it out instead of using an alias (`*…`)",
        ),
    ],
)
def test_a_platform_that_cannot_be_used(load, text, report):
    assert report in load(platform=text)


@pytest.mark.parametrize(
    ("old", "new", "report"),
    [
        ("postgres", "postgress", "2: unknown kind of source (`postgress`)\n    → did you mean `postgres`?"),
        (
            "kind: postgres",
            "kind: postgres\nschedule: 61 * * * *",
            "3: this is not a cron expression: the minute has to be from 0 to 59, not `61` (`61 * * * *`)\n"
            "    → for example `0 3 * * *`: daily at 03:00 UTC",
        ),
        (
            "kind: postgres",
            "kind: postgres\nconnection: mysql://me@host/db",
            "3: `connection` has to be the NAME of an environment variable: capital letters, digits and `_` "
            "(`mysql://me@host/db`)\n"
            "    → write `SHOP_URL`, and set that variable to the address wherever the platform runs",
        ),
        (
            "name: orders",
            f"name: orders_{'x' * 51}\n    load: {{deletes: mark}}",
            f"4: its keys are loaded into `orders_{'x' * 51}__keys`, a name of more than 63 characters "
            f"(`orders_{'x' * 51}`)\n    → shorten `name:`, and put the table's name in the source in `origin:`",
        ),
        (
            "customers.customer_id",
            "customer.customer_id",
            "9: the source has no such table (`customer`)\n    → did you mean `customers`?",
        ),
        (
            "customers.customer_id",
            "customers.id",
            "9: `customers` has no such column (`id`)\n    → use one of `customer_id`, `email`",
        ),
        (
            "customers.customer_id",
            "customers.email",
            "9: `customer_id` is of type bigint and `customers.email` of type text (`customers.email`)\n"
            "    → give both the same type, or delete the reference",
        ),
        ("customers.customer_id", "customers", "9: `references` has to be `table.column`"),
        (
            "key: [order_id]",
            "key: [orderid]",
            "6: this table has no such column (`orderid`)\n    → did you mean `order_id`?",
        ),
        ("key: [order_id]", "key: order_id", "6: `key` has to be a list (`order_id`)\n    → write `[a, b]`"),
        (
            "key: [order_id]",
            "key: [order_id, order_id]",
            "6: duplicate column in `key` (`order_id`)\n    → keep it once",
        ),
        (
            "key: [order_id]",
            "unique: [[order]]",
            "6: this table has no such column (`order`)\n    → did you mean `order_id`?",
        ),
        (
            "role: fact",
            "role: facts",
            "5: `role` has to be one of `fact`, `dimension`, `bridge`, `reference`, `operational` (`facts`)",
        ),
        (
            "role: fact",
            "role: fact\n    event_time: customer_id",
            "6: the column is of type bigint, not a date or timestamp (`customer_id`)",
        ),
        (
            "key: [order_id]\n    columns:",
            "key: [order_id]\n    event_time: clock\n    columns:\n      - {name: clock, type: time}",
            "7: the column is of type time, not a date or timestamp (`clock`)",
        ),
        ("role: fact", "role: fact\n    event_time: ordered", "6: this table has no such column (`ordered`)"),
        (
            "role: fact",
            "role: fact\n    load: {mode: incremental}",
            "6: an incremental load needs a `cursor`\n"
            "    → add `cursor:` with the column that grows when a row changes, or write `mode: full`",
        ),
        (
            "role: fact\n    key: [order_id]",
            "role: fact\n    load: {mode: incremental, cursor: updated_at}",
            "6: an incremental load merges rows by their key, and the table has no `key`",
        ),
        (
            "role: fact",
            "role: fact\n    load: {mode: incremental, cursor: order_id, lag: 1 day}",
            "6: `lag` needs a date or timestamp cursor, and `order_id` is of type bigint (`1 day`)",
        ),
        ("role: fact", "role: fact\n    load: {cursor: updated}", "6: this table has no such column (`updated`)"),
        (
            "role: fact\n    key: [order_id]",
            "role: dimension\n    history: true",
            "6: past versions are identified by the key, and the table has no `key`",
        ),
        (
            "role: fact",
            "role: fact\n    history: 6",
            "6: only dimensions and references have a history, and `orders` is a fact table (`6`)\n"
            "    → delete `history:`",
        ),
        (
            "    key: [customer_id]",
            "    history: 4\n    key: [customer_id]",
            "12: a mini-dimension takes some columns of a table, not all of them (`4`)\n"
            "    → write `history: 4` at the columns that often change",
        ),
        (
            "    key: [customer_id]",
            "    history: 5\n    key: [customer_id]",
            "12: `history` has to be one of `0`, `1`, `2`, `3`, `4`, `6` (`5`)\n    → write one of them",
        ),
        (
            "{name: updated_at, type: timestamp}",
            "{name: updated_at, type: timestamp, history: 1}",
            "10: only dimensions and references have a history, and `orders` is a fact table (`1`)",
        ),
        (
            "    key: [customer_id]\n    columns:\n      - {name: customer_id, type: bigint}",
            "    key: [customer_id]\n    columns:\n      - {name: customer_id, type: bigint, history: 3}",
            "14: `customer_id` is in the `key`: it identifies the versions (`3`)\n    → delete `history:`",
        ),
        (
            "    key: [customer_id]\n    columns:\n      - {name: customer_id, type: bigint}\n"
            "      - {name: email, type: text}",
            "    columns:\n      - {name: customer_id, type: bigint}\n      - {name: email, type: text, history: 0}",
            "14: past versions are identified by the key, and the table has no `key` (`0`)\n    → add `key:`",
        ),
        (
            "{name: email, type: text}",
            "{name: parent_id, type: bigint, references: customers.customer_id, history: 4}",
            "15: `parent_id` is a foreign key, which stays in the dimension (`4`)\n"
            "    → write `history: 4` at the columns of the other table, or another type",
        ),
        (
            "{name: email, type: text}",
            "{name: email, type: json, history: 2}",
            "15: columns of type json are in no mart (`2`)\n    → delete `history:`",
        ),
        (
            "role: fact",
            "role: fact\n    line_of: customers",
            "6: `customers` is a dimension, and a header has to be a fact",
        ),
        (
            "    key: [customer_id]",
            "    line_of: orders",
            "12: only a fact has a header, and `customers` is a dimension (`orders`)\n    → write `role: fact`",
        ),
        (
            "name: email",
            "name: Customer_ID",
            "15: duplicate column name (names that differ only in letter case are the same)",
        ),
        (
            "name: email",
            "name: customer_id, origin: CustomerID",
            "15: duplicate column name (names that differ only in letter case are the same) (`customer_id`)",
        ),
        (
            "name: email",
            "name: email, origin: customer_id",
            "15: the column `customer_id` is the same column in the source (`customer_id`)\n    → keep one of the two",
        ),
        ("- name: customers", "- name: orders", "11: duplicate table name"),
        (
            "- name: customers",
            "- name: customers\n    origin: orders",
            "12: the table `orders` is the same table in the source (`orders`)",
        ),
        (
            "- name: customers",
            "- name: customers\n    role: fact\n    entity: orders",
            "13: `shop.orders` already becomes the fact `orders` (`orders`)\n"
            "    → add `entity:` with another name, for example `shop_orders`",
        ),
        (
            "{name: order_id, type: bigint}",
            "{name: order_id, type: bigint, exclude: unused}",
            "6: `key` needs a column that is excluded (`order_id`)\n"
            "    → remove the column's `exclude:`, or name another column",
        ),
        ("type: text", "type: varchar(20)", "15: `type` is not a type (`varchar(20)`)\n    → did you mean `text`?"),
        (
            "type: text",
            "type: 'numeric(40,2)'",
            "15: `type` needs a precision from 1 to 38 and a scale no greater than the precision",
        ),
        (
            "type: text",
            "type: numeric(10,2)",
            "15: `type` is not a type (`numeric(10`)\n    → put it in quotes: between `{` and `}`",
        ),
        (
            "type: text",
            "type: text, values: ['yes', no]",
            "15: this is not a value of type text, as YAML reads it (`false`)\n    → put it in quotes",
        ),
        ("type: text", "type: text, max: 9", "15: this is not a value of type text, as YAML reads it (`9`)"),
        (
            "type: text",
            "type: boolean, values: ['true']",
            '15: this is not a value of type boolean, as YAML reads it (`"true"`)\n    → write it without quotes',
        ),
        ("type: text", "type: integer, min: one", "15: this is not a value of type integer, as YAML reads it"),
        ("type: text", "type: text, required: 'yes'", "15: `required` has to be true or false (`yes`)"),
        (
            "type: text",
            "type: text, min: b, max: a",
            "15: `min` is greater than `max`, which is a (`b`)\n    → swap the two",
        ),
        ("name: email", "origin: E-Mail", "15: `name` is missing"),
        ("name: email", "name: E-Mail", '(`E-Mail`)\n    → write `e_mail`, and add `origin: "E-Mail"`'),
        (
            "    key: [customer_id]",
            "    references: [{columns: [customer_id, email], to: orders, to_columns: [order_id, status]}]",
            "12: `orders` has no such column (`status`)",
        ),
    ],
)
def test_a_source_that_cannot_be_used(load, old, new, report):
    assert report in load(shop=changed(old, new))


def test_line_of_cannot_be_circular(load):
    table = (
        "  - name: {0}\n    role: fact\n    line_of: {1}\n    columns: [{{name: id, type: text, references: {1}.id}}]\n"
    )
    report = load(shop="name: shop\nkind: postgres\ntables:\n" + table.format("a", "b") + table.format("b", "a"))
    assert "sources/shop.yml:6: `line_of` is circular: `a` of `b` of `a` (`b`)\n    → delete one `line_of:`" in report


def test_marts_of_different_sources_cannot_share_a_name(load):
    report = load(shop=SOURCE, web=SOURCE.replace("name: shop", "name: web"))
    assert "sources/web.yml:4: `shop.orders` already becomes the fact `orders` (`orders`)" in report
    assert "example `web_orders`" in report


def test_lookups_that_are_folded_into_dimensions_make_no_marts(load):
    lookup = SOURCE.replace("- name: customers\n", "- name: customers\n    role: reference\n").replace(
        "role: fact", "role: dimension"
    )
    other = lookup.replace("name: shop", "name: web").replace("- name: orders", "- name: visits")
    assert not isinstance(load(shop=lookup, web=other), str)


def test_a_file_has_the_name_of_its_source(load):
    assert "sources/shop.yml:1: the source's name differs from the file's name (`store`)" in load(
        shop=SOURCE.replace("name: shop", "name: store")
    )


def test_files_with_another_suffix_are_not_ignored(load, tmp_path):
    load(shop=SOURCE)
    (tmp_path / "sources/web.yaml").write_text(SOURCE)
    assert "sources/web.yaml: the file's name has to end in `.yml`\n    → rename it to web.yml" in load()


def test_every_error_of_every_file_is_reported_at_once(load):
    """Invalid values do not hide broken rules."""
    report = load(
        platform="name: Acme\nwarehouse: x\n",
        broken="a: b: c\n",
        shop=changed("role: fact", "role: facts")
        .replace("customers.customer_id", "customer.id")
        .replace("[customer_id]", "[id]"),
    )
    for beginning in (
        "platform.yml:1: `name` has to be lowercase words",
        "platform.yml:2: unknown warehouse",
        "sources/broken.yml:1: this is not YAML",
        "sources/shop.yml:5: `role` has to be one of",
        "sources/shop.yml:9: the source has no such table (`customer`)",
        "sources/shop.yml:12: this table has no such column (`id`)",
    ):
        assert f"\n{beginning}" in f"\n{report}"


def test_an_invalid_value_is_reported_only_once(load):
    report = load(shop=changed("role: fact", "role: fact\n    load: {mode: incremental, cursor: No Cursor}"))
    assert report.count("sources/shop.yml:6") == 1


def test_anchors_and_merges_are_fine(load):
    text = """\
    name: shop
    kind: postgres
    tables:
      - &table
        name: orders
        role: fact
        columns: &columns
          - {name: id, type: bigint}
      - <<: *table
        name: returns
        columns: *columns
    """
    spec = load(shop=textwrap.dedent(text))
    assert [(table.name, table.role) for table in spec.sources[0].tables] == [("orders", "fact"), ("returns", "fact")]


def test_a_folder_without_a_spec_is_refused(tmp_path):
    with pytest.raises(Refused, match=r"there is no platform\.yml here"):
        load_spec(tmp_path, load_catalog())


def test_texts_can_be_parsed_without_a_folder():
    assert parse_platform("name: acme\n").name == "acme"
    assert parse_source(SOURCE, "shop.yml").table("customers").key == ("customer_id",)
    with pytest.raises(Refused, match=r"x\.yml:1: `kind` is missing"):
        parse_source("name: x\n", "x.yml")


MEASURES = """\
      - {name: amount, type: "numeric(10, 2)"}
      - {name: note, type: text}
      - {name: fee, type: integer, exclude: unused}
    measures:
      - {name: double_amount, formula: 2*amount}
"""


@pytest.mark.parametrize(
    ("measure", "line", "reason"),
    [
        ("{name: m, formula: amount / 2}", 15, "has an unexpected `/` (`amount / 2`)\n    → multiply by a number"),
        (
            "{name: m, formula: 2 * amuont}",
            15,
            "this table has no such column (`amuont`)\n    → did you mean `amount`?",
        ),
        ("{name: m, formula: 2 * note}", 15, "`note` is of type text, and a formula needs numbers"),
        ("{name: m, formula: 2 * fee}", 15, "a formula needs a column that is excluded"),
        ("{name: amount, formula: 2 * amount}", 15, "the table has a column of this name"),
        ("{name: double_amount, formula: 3 * amount}", 15, "the table has a measure of this name"),
        ("{name: m, formula: 2 * amount, type: text}", 15, "a measure is a number"),
        ("{name: m}", 15, "formula"),
    ],
)
def test_a_measure_that_cannot_be_computed_is_refused_with_its_line(load, measure, line, reason):
    said = load(shop=changed("      - {name: updated_at, type: timestamp}\n", f"{MEASURES}      - {measure}\n"))
    assert f"sources/shop.yml:{line}" in said
    assert reason in said
    assert said.count("sources/shop.yml:") == 1


def test_a_formula_is_read_in_its_usual_spelling(load):
    spec = load(shop=changed("      - {name: updated_at, type: timestamp}\n", MEASURES))
    [measure] = spec.sources[0].table("orders").measures
    assert (measure.formula, measure.type, measure.measure) == ("2 * amount", "numeric(18, 2)", "additive")
