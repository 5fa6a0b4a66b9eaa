"""`refresh`: what the command prints, what it writes, and its exit codes."""

from __future__ import annotations

import json

import pytest
import yaml


def test_an_unchanged_source_has_not_drifted(shop):
    """Nothing is found, nothing is written, and a check in CI passes."""
    before = shop.git("status", "--porcelain", "--ignored")
    assert shop.run("refresh --check").code == 0
    assert "shop matches the spec." in shop.run("refresh").out
    assert shop.git("status", "--porcelain", "--ignored") == before


def test_owners_edits_are_not_drift_after_the_source_was_renamed(shop):
    """The first introspected state is under the source's first name."""
    shop.edit("name: country_code, type: text", "name: country_code, type: json")
    for source, to in (("shop", "store"), ("store", "branch")):
        assert shop.run(f"rename source {source} {to} --commit").code == 0
    said = shop.run("refresh --check")
    assert (said.code, "branch matches the spec" in said.out) == (0, True), said.out + said.err


def test_changes_are_reported_with_their_impact(shop):
    """A removed column is breaking, an added column is not; a check exits with 4, and nothing is written."""
    shop.change("alter table customers drop column country_code; alter table customers add column phone text;")
    said = shop.run("refresh")
    assert said.code == 0
    assert "breaking    customers.country_code: column removed (text)" in said.out
    assert "compatible  customers.phone: column added (text)" in said.out
    assert "customers: 1.0.0 → 2.0.0" in said.out
    checked = shop.run("refresh --check --json")
    assert checked.code == 4
    gone = checked.changes["customers.country_code: column removed"]
    assert "dim_customers" in gone["models"]
    assert "contracts/outbound/dim_customers.odcs.yaml" in gone["contracts"]
    assert any(test.startswith("- relationships of stg_shop__customers.country_code") for test in gone["tests"])
    assert shop.git("status", "--porcelain") == ""


def test_added_and_removed_tables_are_reported(shop):
    """An added table is compatible; a removed table is breaking."""
    shop.change("create table returns (return_id integer primary key, reason text); drop table orders;")
    changes = shop.run("refresh --json").changes
    assert changes["returns: table added"]["compatible"]
    assert not changes["orders: table removed"]["compatible"]
    assert "fct_orders" in changes["orders: table removed"]["models"]


def test_a_source_that_cannot_be_reached_stops_no_other(shop, monkeypatch):
    """It is reported, the other is introspected, and the exit code is 2."""
    other = shop.read().replace("name: shop", "name: old", 1).replace("name: ", "entity: old_x\n    name: ", 0)
    lines = []
    for line in other.splitlines():
        lines.append(line)
        if line.startswith("  - name: "):
            lines.append(f"    entity: old_{line.removeprefix('  - name: ').split()[0]}")
    (shop.folder / "sources/old.yml").write_text("\n".join(lines) + "\n")
    shop.change("alter table customers add column phone text;")
    said = shop.run("refresh")
    assert said.code == 2
    assert "customers.phone: column added" in said.out
    assert "old could not be introspected" in said.err
    assert "OLD_URL" in said.err
    outcomes = {each["source"]: each["outcome"] for each in json.loads(shop.run("refresh --json").out)["sources"]}
    assert outcomes == {"shop": "compatible", "old": "refused"}
    assert shop.run("refresh shop --check").code == 4


def test_the_address_may_be_in_the_env_file_or_on_the_command_line(shop, monkeypatch, tmp_path):
    """The repository's `.env` is parsed as its ingestion does; --from overrides both."""
    monkeypatch.delenv("SHOP_URL")
    refused = shop.run("refresh")
    assert (refused.code, "SHOP_URL" in refused.err) == (2, True)
    (shop.folder / ".env").write_text(f"# addresses\nexport SHOP_URL='sqlite:///{tmp_path}/shop.sqlite'\n")
    assert shop.run("refresh").code == 0
    assert shop.run("refresh shop --from sqlite:///../shop.sqlite").code == 0
    assert shop.run("refresh shop --from sqlite:///../gone.sqlite").code == 2


def test_options_that_cannot_be_combined_are_refused(shop):
    """--apply excludes --check; --plan, --commit and --accept-breaking need --apply."""
    for words in ("--apply --check", "--plan", "--accept-breaking", "--commit", "nothing_of_the_kind"):
        assert shop.run(f"refresh {words}").code == 2


def test_applied_changes_are_in_the_spec_and_in_generated_files(shop):
    """A widened type and a new column: spec, staging, marts and contracts follow; the minor version rises."""
    shop.change("alter table customers add column phone text;")
    applied = shop.run("refresh --apply")
    assert applied.code == 0, applied.err
    customers = _table(shop, "customers")
    assert customers["version"] == "1.1.0"
    assert {"name": "phone", "type": "text", "pii": "phone"} in customers["columns"]
    assert "phone" in shop.read("transform/models/staging/shop/stg_shop__customers.sql")
    for contract in ("inbound/shop/customers", "outbound/dim_customers"):
        assert _contract(shop, contract)["version"] == "1.1.0"
    assert _contract(shop, "outbound/fct_orders")["version"] == "1.0.0"
    assert shop.run("refresh --check").code == 0
    shop.commit("Refresh")
    assert "up to date" in shop.run("update").out


def test_a_new_credential_is_excluded_until_its_owner_includes_it(shop):
    """Applied, it is in the spec with `exclude: credential` and nowhere else; without the line, it stays loaded."""
    shop.change("alter table customers add column api_secret text;")
    applied = shop.run("refresh --apply")
    assert applied.code == 0, applied.err
    line = "{name: api_secret, type: text, pii: credential, exclude: credential}  # from its name"
    assert line in shop.read()
    assert "api_secret" not in shop.read("transform/models/staging/shop/stg_shop__customers.sql")
    assert "api_secret" not in shop.read("contracts/inbound/shop/customers.odcs.yaml")
    assert shop.run("refresh --check").code == 0
    shop.edit(", exclude: credential}", "}")
    assert shop.run("refresh --check").code == 0


def test_breaking_changes_have_to_be_accepted(shop):
    """Without --accept-breaking, nothing is written; with it, the major version rises."""
    shop.change("alter table customers drop column country_code;")
    refused = shop.run("refresh --apply")
    assert refused.code == 2
    assert "--accept-breaking" in refused.err
    assert shop.git("status", "--porcelain") == ""
    assert shop.run("refresh --apply --accept-breaking").code == 0
    assert _table(shop, "customers")["version"] == "2.0.0"
    assert _contract(shop, "outbound/dim_customers")["version"] == "2.0.0"
    assert "country_code" not in shop.read("transform/models/staging/shop/stg_shop__customers.sql")


def test_a_plan_writes_nothing(shop):
    """The changes to the spec and the files are printed; the repository is unchanged."""
    shop.change("alter table customers add column phone text;")
    planned = shop.run("refresh --apply --plan")
    assert planned.code == 0
    assert "transform/models/staging/shop/stg_shop__customers.sql" in planned.out
    assert shop.git("status", "--porcelain") == ""


def test_one_commit_contains_everything(shop):
    """The spec, the introspected source and the generated files are committed together."""
    shop.change("alter table customers add column phone text;")
    assert shop.run("refresh --apply --commit").code == 0
    assert shop.git("status", "--porcelain") == ""
    changed = shop.git("show", "--name-only", "--format=").splitlines()
    assert {"sources/shop.yml", ".platform/seen/shop.yml"} <= set(changed)
    assert any(path.startswith("transform/models/") for path in changed)


def test_comments_order_and_owners_edits_stay(shop):
    """Only the lines that follow the source differ: an owner's description, role and comment stay in place."""
    shop.edit(
        "  - name: customers\n",
        "  # Ours: those who buy\n  - name: customers\n    description: 'Who buys'  # so we say\n",
    )
    shop.edit("    role: fact", "    role: dimension")
    before = shop.read().splitlines()
    shop.change("alter table customers add column phone text;")
    assert shop.run("refresh --apply").code == 0
    after = shop.read().splitlines()
    assert [line for line in before if line not in after] == []
    assert [line for line in after if line not in before] == [
        '    version: "1.1.0"',
        "      - {name: phone, type: text, pii: phone}  # from its name",
    ]


def test_an_edited_model_is_merged(shop):
    """A team's line in a staging model survives a new column."""
    path = "transform/models/staging/shop/stg_shop__customers.sql"
    shop.edit("with", "-- our own remark\nwith", path)
    shop.change("alter table customers add column phone text;")
    assert shop.run("refresh --apply").code == 0
    assert "-- our own remark" in shop.read(path)
    assert "phone" in shop.read(path)


def test_an_update_that_is_refused_leaves_the_spec_as_it_was(shop):
    """With uncommitted changes as an obstacle, the spec is not changed either."""
    path = shop.folder / "transform/models/staging/shop/stg_shop__customers.sql"
    path.write_text(path.read_text() + "-- not committed\n")
    shop.change("alter table customers add column phone text;")
    before = shop.read()
    assert shop.run("refresh --apply").code == 2
    assert shop.read() == before
    assert not (shop.folder / ".platform/seen").exists()


def test_new_tables_are_added_on_request(shop):
    """Otherwise they are reported once; on request they are added with role, keys, reasons and references to them."""
    shop.change(
        "create table regions (region_id integer primary key, name text);"
        "alter table customers add column region_id integer references regions;"
    )
    assert shop.run("refresh --apply").code == 0
    assert "regions" not in [table["name"] for table in _tables(shop)]
    shop.commit("Refresh")
    assert shop.run("refresh --check").code == 0
    applied = shop.run("refresh --apply --new-tables")
    assert applied.code == 0, applied.err
    assert _table(shop, "regions")["key"] == ["region_id"]
    region = next(column for column in _table(shop, "customers")["columns"] if column["name"] == "region_id")
    assert region["references"] == "regions.region_id"
    assert "region_name" in shop.read("transform/models/marts/dim_customers.sql")


def test_derived_measures_are_their_owners_until_a_column_of_theirs_is_gone(shop):
    amount = shop.read().partition("  - name: orders\n")[2].partition("name: amount")[2].partition("\n")[0]
    measures = "    measures:\n      - {name: doubled, formula: 2 * amount}\n      - {name: ids, formula: 2 * order_id}"
    shop.edit(f"name: amount{amount}", f"name: amount{amount}\n{measures}")
    assert shop.run("refresh --check").code == 0
    shop.change("alter table orders drop column amount;")
    applied = shop.run("refresh --apply --accept-breaking")
    assert applied.code == 0, applied.err
    assert "orders.measures.doubled" in applied.out
    assert [each["name"] for each in _table(shop, "orders")["measures"]] == ["ids"]


def test_owners_edits_stand_until_the_source_changes(shop):
    """A constraint that only the owner knows is not drift, and an applied refresh keeps it."""
    shop.edit("{name: status, type: text", "{name: status, type: text, pii: other")
    shop.edit("references: customers.customer_id", "references: customers.customer_id, unique: true")
    assert shop.run("refresh --check").code == 0
    assert "your spec overrides the source: orders.customer_id" in shop.run("refresh").out
    shop.change("alter table customers add column phone text;")
    assert shop.run("refresh --apply").code == 0
    assert "unique: true" in shop.read()
    shop.commit("Refresh")
    assert shop.run("refresh --check").code == 0


@pytest.mark.proof
def test_postgres_tells_types_keys_and_nulls(postgres_shop):
    """Each alteration of a real database is reported with its kind; the password appears nowhere."""
    postgres_shop.change(
        """
        alter table orders alter column amount type numeric(8, 2);
        alter table orders alter column order_id type bigint;
        alter table customers alter column email drop not null;
        alter table orders drop constraint orders_pkey;
        alter table orders add column line integer not null default 1;
        alter table orders add primary key (order_id, line);
        alter table orders drop constraint orders_status_check;
        alter table orders add check (status in ('open', 'paid', 'sent'));
        """
    )
    answer = postgres_shop.run("refresh --json")
    assert {place: each["compatible"] for place, each in answer.changes.items()} == {
        "orders.amount: type widened": True,
        "orders.order_id: type widened": True,
        "customers.email: nullable": False,
        "orders: key changed": False,
        "orders.line: column added": True,
        "orders.status: values added": False,
    }
    applied = postgres_shop.run("refresh --apply --accept-breaking")
    assert applied.code == 0, applied.err
    orders = _table(postgres_shop, "orders")
    assert (orders["key"], orders["version"]) == (["order_id", "line"], "2.0.0")
    assert postgres_shop.run("refresh --check").code == 0
    postgres_shop.commit("Refresh")
    postgres_shop.change("alter table orders alter column amount type numeric(4, 1)")
    assert "type narrowed" in postgres_shop.run("refresh").out
    postgres_shop.change("drop table orders; drop table customers; drop table countries;")
    refused = postgres_shop.run("refresh")
    assert refused.code == 2
    everything = answer.out + applied.out + applied.err + refused.err + postgres_shop.git("show", "HEAD")
    assert "hunter2" not in everything


def test_a_password_is_masked_in_every_message(shop, monkeypatch):
    """Neither an unreachable server nor an invalid address reveals it."""
    for address in (
        "postgresql://me:hunter2@127.0.0.1:1/shop",
        "mysql://me:hunter2@127.0.0.1:1/shop",
        "odd://x:hunter2@y",
    ):
        monkeypatch.setenv("SHOP_URL", address)
        for words in ("refresh", "refresh --json"):
            said = shop.run(words)
            assert said.code == 2
            assert "hunter2" not in said.out + said.err


def _tables(shop) -> list[dict]:
    return yaml.safe_load(shop.read())["tables"]


def _table(shop, name: str) -> dict:
    return next(table for table in _tables(shop) if table["name"] == name)


def _contract(shop, name: str) -> dict:
    return yaml.safe_load(shop.read(f"contracts/{name}.odcs.yaml"))


def test_an_inferred_reference_that_was_removed_does_not_come_back(bare_shop):
    """Nor does a new row without a match take an inferred reference away: the tests of the platform report it."""
    removed = "customer_id, type: bigint, references: customers.id, inferred: true}"
    bare_shop.edit(f"name: {removed}", "name: customer_id, type: bigint}")
    bare_shop.change("insert into orders values (4, 1, 99)")
    assert bare_shop.run("refresh --json").changes == {}
    bare_shop.change("alter table orders add column note text")
    assert bare_shop.run("refresh --apply").code == 0
    spec = bare_shop.read()
    assert "name: customer_id, type: bigint}" in spec and f"payer_{removed}" in spec and "note" in spec
    bare_shop.change("insert into orders values (4, 1, 1, '')")
    assert "orders: key removed" in bare_shop.run("refresh --json").changes


def test_an_inferred_key_that_its_owner_took_over_stays(bare_shop):
    """The source never declared it, so it is not missing there."""
    marks = ("    key_inferred: true\n", ", inferred: true")
    for mark in marks:
        assert mark in bare_shop.read()
        while mark in bare_shop.read():
            bare_shop.edit(mark, "")
    assert bare_shop.run("refresh --json").changes == {}
