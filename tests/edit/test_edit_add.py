"""`add`: what is introspected from a source or read from a contract enters the spec, with its reasons."""

from __future__ import annotations

import sqlite3

import pytest
from edited_source import SOURCE

from platform_new.samples import sample_text
from platform_new.spec.load import parse_source

CONTRACT = """\
apiVersion: v3.0.2
kind: DataContract
id: 53581432-6c55-4ba2-a65f-72344a91553a
name: billing
version: 1.1.0
status: active
description:
  purpose: What customers owe.
servers:
  - server: copy
    type: duckdb
    environment: dev
  - server: main
    type: postgresql
    environment: prod
    host: db.example.com
    database: billing
    schema: ledger
schema:
  - name: invoices
    physicalName: INVOICE
    physicalType: table
    description: A bill.
    properties:
      - {name: invoice_no, physicalName: InvoiceNo, logicalType: integer, primaryKey: true, primaryKeyPosition: 2}
      - {name: branch, logicalType: string, physicalType: varchar(8), primaryKey: true, primaryKeyPosition: 1}
      - {name: issued, logicalType: timestamp, logicalTypeOptions: {timezone: true}, required: true}
      - {name: total, logicalType: number, physicalType: "decimal(12,2)", logicalTypeOptions: {minimum: 0}}
      - {name: payer, logicalType: integer, relationships: [{to: customers.id}]}
      - name: state
        logicalType: string
        quality:
          - {metric: invalidValues, mustBe: 0, arguments: {validValues: ["open", "paid"]}}
  - name: customers
    properties:
      - {name: id, logicalType: integer, primaryKey: true}
      - {name: email, logicalType: string, unique: true, description: "Where bills go: by mail"}
      - {name: shoe_size, logicalType: number, classification: confidential}
      - {name: extra, logicalType: object}
"""
BILLING = """\
# yaml-language-server: $schema=../.platform/schema/source.json
name: billing
kind: postgres
description: What customers owe.
schedule: "0 3 * * *"  # UTC
drift: evolve  # or freeze
tables:
  - name: customers
    schema: ledger
    role: dimension  # invoices points to it
    entity: billing_customers  # shop.customers already becomes the dimension customers
    key: [id]
    columns:
      - {name: id, type: bigint, required: true}
      - {name: email, type: text, unique: true, pii: email, description: "Where bills go: by mail"}  # from its name
      - {name: shoe_size, type: double, pii: other}  # the contract classifies it as confidential
      - {name: extra, type: json}

  - name: invoices
    schema: ledger
    origin: INVOICE
    description: A bill.
    # named after an event, a date of its own, measures, a reference to a person, a document number, a composite key
    role: fact
    event_time: issued
    key: [branch, invoice_no]
    columns:
      - {name: invoice_no, origin: InvoiceNo, type: bigint, required: true}
      - {name: branch, type: text, required: true}
      - {name: issued, type: timestamptz, required: true}
      - {name: total, type: "numeric(12, 2)", min: 0, measure: additive}  # an amount
      - {name: payer, type: bigint, references: customers.id}
      - {name: state, type: text, values: [open, paid]}
"""


@pytest.fixture
def database(tmp_path) -> str:
    """The address of a small database that shares some names with the shop."""
    with sqlite3.connect(tmp_path / "crm.sqlite") as connection:
        connection.executescript(
            """create table customers (id integer primary key, email text not null);
            create table "Ticket Lines" (id integer primary key, customer_id integer references customers, said text);
            create table visits (id integer primary key, customer_id integer references customers, day date);"""
        )
    return f"sqlite:///{tmp_path}/crm.sqlite"


def test_an_introspected_source_is_added_and_its_marts_get_free_names(repository, run, database):
    outcome = run("add", "source", "crm", "--from", database, "--commit")
    assert (outcome.code, outcome.err) == (0, "")
    text = repository.read("sources/crm.yml")
    assert "    entity: crm_customers  # shop.customers already becomes the dimension customers\n" in text
    assert repository.read("sources/shop.yml") == SOURCE
    assert repository.path("transform/models/marts/dim_crm_customers.sql").is_file()
    assert repository.path("transform/models/marts/dim_customers.sql").is_file()
    assert repository.git("status", "--porcelain") == ""


def test_a_table_is_added_where_the_variable_points_to(repository, run, database, monkeypatch):
    assert run("add", "source", "crm", "--from", database, "--commit").code == 0
    before = repository.read("sources/crm.yml")
    assert run("remove table ticket_lines --commit").code == 0
    monkeypatch.setenv("CRM_URL", database)
    assert run("add", "table", "Ticket Lines", "--source", "crm", "--commit").code == 0
    assert repository.read("sources/crm.yml") == before


def test_a_table_is_added_without_references_to_unknown_tables(repository, run, database):
    assert run("add", "source", "crm", "--from", database, "--commit").code == 0
    assert run("remove table crm.customers --with-references --commit").code == 0
    assert run("remove table visits --commit").code == 0
    assert run("add", "table", "visits", "--source", "crm", "--from", database).code == 0
    assert "{name: customer_id, type: bigint}" in repository.read("sources/crm.yml").partition("name: visits")[2]


def test_a_folder_of_files_is_added(repository, run):
    repository.write("exports/stations.csv", "station_id,name\n1,North\n2,South\n")
    assert run("add source exports --from ./exports").code == 0
    assert parse_source(repository.read("sources/exports.yml"), "").table("stations")


def test_a_sample_is_added_under_another_name(repository, run):
    assert run("add source web --sample shop --commit").code == 0
    source = parse_source(repository.read("sources/web.yml"), "")
    assert (source.name, source.variable) == ("web", "WEB_URL")
    lines, sample = repository.read("sources/web.yml").splitlines(), sample_text("shop").splitlines()
    assert [line for line in sample if line not in lines] == [
        "name: shop",
        "connection: SHOP_URL  # the variable that holds the address",
    ]


def test_a_contract_is_added_as_a_source(repository, run):
    repository.write("billing.odcs.yaml", CONTRACT)
    assert run("add source billing --from billing.odcs.yaml").code == 0
    assert repository.read("sources/billing.yml") == BILLING


def test_a_table_is_added_out_of_a_contract(repository, run):
    contract = CONTRACT.replace("  - name: customers\n", "  - name: payers\n").replace("customers.id", "payers.id")
    repository.write("billing.odcs.yaml", contract)
    assert run("add table invoices --from billing.odcs.yaml").code == 0
    text = repository.read("sources/shop.yml")
    assert text.startswith(SOURCE.removesuffix("# the end\n"))
    assert text.endswith("      - {name: state, type: text, values: [open, paid]}\n# the end\n")
    assert "{name: payer, type: bigint}" in text


def test_the_contracts_that_are_generated_can_be_read(repository, run):
    """A contract of this platform describes a table as the spec does."""
    start, end = SOURCE.index("\n  # Who orders"), SOURCE.index("\n  - name: products")
    assert run("remove table customers --with-references --commit").code == 0
    repository.write("c.odcs.yaml", repository.git("show", "HEAD~:contracts/inbound/shop/customers.odcs.yaml"))
    assert run("add table customers --from c.odcs.yaml").code == 0
    wanted = parse_source(SOURCE, "").table("customers")
    found = parse_source(repository.read("sources/shop.yml"), "").table("customers")
    assert [column.name for column in found.columns] == [column.name for column in wanted.columns]
    assert (found.key, found.columns[0]) == (wanted.key, wanted.columns[0])
    assert SOURCE[start:end] not in repository.read("sources/shop.yml")


def test_a_table_is_added_as_it_is_described(repository, run):
    columns = ("--column", "review_id bigint", "--column", "stars numeric(2, 1)")
    assert run("add", "table", "reviews", *columns, "--key", "review_id", "--role", "fact").code == 0
    assert repository.read("sources/shop.yml") == SOURCE.replace(
        "# the end\n",
        """
  - name: reviews
    role: fact
    key: [review_id]
    columns:
      - {name: review_id, type: bigint}
      - {name: stars, type: "numeric(2, 1)"}
# the end
""",
    )


def test_every_problem_of_a_description_is_reported(refused):
    said = refused("add", "table", "reviews", "--column", "Id bigin", "--column", "x", "--role", "fct")
    for part in ("write `id`", "is not a type", "has to be one of `fact`"):
        assert part in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("add source shop --from .", "a source with this name exists"),
        ("add source Shop --sample shop", "write `shop`"),
        ("add source crm", "--from ADDRESS"),
        ("add source crm --from . --sample shop", "use either --from or --sample, not both"),
        ("add source crm --from missing", "there is no such folder"),
        ("add source crm --sample shopp", "did you mean `shop`?"),
        ("add source crm --from . --kind postgres", "--kind applies to contracts only"),
        ("add source crm --sample shop --kind postgres", "--kind applies to contracts only"),
        ("add table reviews --column a --kind postgres", "--kind applies to contracts only"),
        ("add source crm --from contract.yaml", "not an ODCS version 3 data contract"),
        ("add table reviews", "the source's variable is not set (`SHOP_URL`)"),
        ("add table reviews --source shopp", "did you mean `shop`?"),
        ("add table orders --column a", "a table with this name exists"),
        ("add table reviews --key a", "either introspected or described"),
        ("add table reviews --from . --column a", "either introspected or described"),
        ("add table reviews --from .", "the address is a source of kind files, but the spec says postgres"),
    ],
)
def test_invalid_additions_are_refused_with_a_hint_and_nothing_is_written(
    repository, refused, words, said, monkeypatch
):
    monkeypatch.delenv("SHOP_URL", raising=False)
    repository.write("files.csv", "a,b\n1,2\n")
    repository.write("contract.yaml", "apiVersion: v2.2.2\nkind: DataContract\n")
    assert said in refused(words)


@pytest.mark.parametrize(
    ("words", "option"),
    [
        ("add table reviews --sample shop", "--sample"),
        ("add source reviews --column a", "--column"),
        ("add topic logins --column a", "--column"),
        ("add stream views --from logins.jsonl", "--from"),
    ],
)
def test_an_option_of_another_addition_is_unknown(repository, run, words, option):
    outcome = run(words)
    assert outcome.code == 2
    assert f"No such option: {option}" in outcome.err
    assert f"see `platform-new {' '.join(words.split()[:2])} --help`" in outcome.err


def test_a_missing_or_known_table_is_refused(run, refused, database):
    assert run("add", "source", "crm", "--from", database, "--commit").code == 0
    assert "platform-new refresh crm" in refused("add", "table", "visits", "--source", "crm", "--from", database)
    assert run("remove table visits --commit").code == 0
    assert "did you mean `visits`?" in refused("add", "table", "visit", "--source", "crm", "--from", database)
    assert "pass --source" in refused("add", "table", "visits", "--from", database)


def test_a_password_is_in_no_message_and_no_file(repository, run):
    address = "postgresql://me:s3cr3t@127.0.0.1:1/shop"
    outcome = run("add", "source", "crm", "--from", address)
    assert outcome.code == 2
    assert "s3cr3t" not in outcome.out + outcome.err
