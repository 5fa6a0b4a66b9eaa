"""`set`, `rename` and `remove`: one command, one small diff of the spec, and its update."""

from __future__ import annotations

import json
import sys

import pytest
from edited_source import SOURCE

from platform_new.merge import apply, journal

STAGING = "transform/models/staging/shop"
OURS = "-- ours\n"
PLATFORM = """\
# yaml-language-server: $schema=.platform/schema/platform.json
name: acme
owner: data@acme.example
warehouse: duckdb  # or ducklake, postgres, snowflake
orchestrator: "none"  # or airflow, airflow_models, dagster, prefect
modeling: star  # or snowflake, obt, data_vault
processing: batch  # or streaming, lambda, kappa
ci: "none"  # or github, gitlab, azure, bitbucket
bi: []  # also metricflow, lookml, lightdash
"""


def spec_diff(repository, *revisions: str) -> list[str]:
    """The lines of the spec that changed, as git shows them."""
    arguments = ("diff", "--unified=0", "--no-renames", *(revisions or ("HEAD",)), "--", "platform.yml", "sources")
    lines = repository.git(*arguments).splitlines()
    return [line for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---")]


def test_a_choice_is_set_and_its_update_is_staged_with_it(repository, run):
    outcome = run("set modeling obt")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith("Set modeling to obt.\n+++ platform.yml\n")
    assert spec_diff(repository) == [
        "-modeling: star  # or snowflake, obt, data_vault",
        "+modeling: obt  # or star, snowflake, data_vault",
    ]
    assert repository.path("transform/models/marts/obt_orders.sql").is_file()
    assert repository.git("diff") == ""
    assert "was already applied" in run("update").out


def test_an_edit_without_effect_is_reported_and_changes_nothing(repository, run):
    outcome = run("set modeling star")
    assert outcome.code == 0
    assert "the spec already says so" in outcome.out
    assert repository.git("status", "--porcelain") == ""


def test_plain_keys_are_set_with_quotes_where_needed_and_removed(repository, run):
    assert run("set", "description", "Sales: all of them", "--commit").code == 0
    assert spec_diff(repository, "HEAD~", "HEAD") == ['+description: "Sales: all of them"']
    assert repository.read("platform.yml").splitlines()[2] == 'description: "Sales: all of them"'
    assert run("set", "description", "", "--commit").code == 0
    assert repository.read("platform.yml") == PLATFORM


def test_a_plan_shows_the_edit_and_writes_nothing(repository, run):
    before = repository.snapshot(), repository.staged()
    planned = run("rename table customers clients --plan")
    assert planned.code == 0
    assert "+  - name: clients" in planned.out
    assert planned.out.endswith("Nothing was written.\n")
    assert (repository.snapshot(), repository.staged()) == before


def test_an_update_that_is_not_committed_is_named_before_the_next_one(repository, run):
    run("set modeling obt")
    before = repository.snapshot(), repository.staged()
    outcome = run("set", "description", "Sales")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith("the last update is not committed\n    → commit it, or undo it with")
    assert (repository.snapshot(), repository.staged()) == before


def test_on_a_branch_the_working_tree_is_left_alone(repository, run):
    before = repository.snapshot()
    assert run("set modeling obt --branch wide").code == 0
    assert repository.snapshot() == before
    assert repository.git("status", "--porcelain") == ""
    assert spec_diff(repository, "main", "wide") == [
        "-modeling: star  # or snowflake, obt, data_vault",
        "+modeling: obt  # or star, snowflake, data_vault",
    ]
    assert "transform/models/marts/obt_orders.sql" in repository.git("ls-tree", "-r", "--name-only", "wide")


def test_a_commit_says_what_was_done(repository, run):
    assert run("rename table customers clients --commit").code == 0
    assert repository.git("status", "--porcelain") == ""
    assert repository.git("log", "-1", "--format=%s").startswith("Rename the table shop.customers to clients with ")
    assert "The spec changed: sources/shop.yml" in repository.git("log", "-1", "--format=%b")


def test_an_update_that_is_aborted_takes_the_edit_back(repository, run):
    repository.replace("sources/shop.yml", "# the end", "# the very end")
    before = repository.snapshot()
    assert run("remove table products").code == 0
    assert "# the very end" in repository.read("sources/shop.yml")
    assert run("update --abort").code == 0
    assert repository.snapshot() == before
    assert repository.git("diff", "--cached") == ""


@pytest.mark.parametrize("way", [["update", "--abort"], ["update", "--plan"], ["set", "modeling", "obt", "--plan"]])
def test_an_edit_that_was_killed_is_undone_with_its_update(repository, run, monkeypatch, way):
    before = repository.snapshot()
    with monkeypatch.context() as killed:
        killed.setattr(apply, "_commit", lambda *_: sys.exit(137))
        killed.setattr(journal, "restore", lambda *_: None)
        with pytest.raises(SystemExit):
            run("remove table products --commit")
    assert repository.snapshot() != before
    if "--plan" in way:
        assert "update --abort" in run(*way).err
        way = ["update"]
    assert run(*way).code == 0
    assert repository.snapshot() == before


def test_an_edit_does_not_stage_unstaged_changes_of_the_team(repository, run):
    repository.replace("sources/shop.yml", "# the end", "# the very end")
    assert run("remove table products").code == 0
    assert "sources/shop.yml" in repository.git("diff", "--name-only")
    assert "sources/shop.yml" not in repository.git("diff", "--cached", "--name-only")


def test_json_is_the_report_of_the_update(repository, run):
    report = json.loads(run("set modeling obt --json").out)
    assert report["outcome"] == "clean"
    assert "transform/models/marts/obt_orders.sql" in [file["path"] for file in report["files"]]


def test_a_renamed_table_keeps_its_edits_and_the_lines_around_it(repository, run):
    repository.write(f"{STAGING}/stg_shop__customers.sql", repository.read(f"{STAGING}/stg_shop__customers.sql") + OURS)
    repository.commit()
    assert run("rename table customers clients --commit").code == 0
    assert OURS in repository.read(f"{STAGING}/stg_shop__clients.sql")
    assert not repository.path(f"{STAGING}/stg_shop__customers.sql").exists()
    assert spec_diff(repository, "HEAD~", "HEAD") == [
        "-      - {name: customer_id, type: bigint, references: customers.customer_id}   # who",
        "+      - {name: customer_id, type: bigint, references: clients.customer_id}   # who",
        "-  - name: customers",
        "+  - name: clients",
        "+    origin: customers",
        "+    renamed_from: customers",
    ]


def test_a_table_can_be_renamed_twice_before_the_repository_is_updated(repository, run):
    """The repository knows the files by the first name, whatever the spec said in between."""
    repository.write(f"{STAGING}/stg_shop__customers.sql", repository.read(f"{STAGING}/stg_shop__customers.sql") + OURS)
    text = repository.read("sources/shop.yml").replace("references: customers.", "references: clients.")
    between = "name: clients\n    origin: customers\n    renamed_from: customers"
    repository.write("sources/shop.yml", text.replace("name: customers", between))
    repository.commit()
    assert run("rename table clients people --commit").code == 0
    assert "renamed_from: customers" in repository.read("sources/shop.yml")
    assert OURS in repository.read(f"{STAGING}/stg_shop__people.sql")
    assert run("rename table people guests --commit").code == 0
    assert "renamed_from: people" in repository.read("sources/shop.yml")
    assert OURS in repository.read(f"{STAGING}/stg_shop__guests.sql")
    assert run("rename table guests customers --commit").code == 0
    assert "origin:" not in repository.read("sources/shop.yml")
    assert OURS in repository.read(f"{STAGING}/stg_shop__customers.sql")


def test_older_names_are_kept_for_warehouses_that_were_not_built_since(repository, run):
    for old, new in (("customers", "clients"), ("clients", "people"), ("people", "guests")):
        assert run(f"rename table {old} {new} --commit").code == 0
    assert "renamed_from: people\n    older_names: [clients, customers]" in repository.read("sources/shop.yml")
    assert run("rename table guests clients --commit").code == 0
    assert "renamed_from: guests\n    older_names: [people, customers]" in repository.read("sources/shop.yml")


def test_a_renamed_mart_moves_its_files_and_the_table_keeps_its_name(repository, run):
    mart = "transform/models/marts/dim_customers.sql"
    repository.write(mart, repository.read(mart) + OURS)
    repository.commit()
    assert run("rename entity customers client --commit").code == 0
    assert spec_diff(repository, "HEAD~", "HEAD") == ["+    entity: client", "+    former_entities: [customers]"]
    assert OURS in repository.read("transform/models/marts/dim_client.sql")
    assert not repository.path(mart).exists()
    assert "'dim_customers': 'dim_client'" in repository.read("transform/macros/renames.sql")
    assert run("rename entity customers customers --commit").code == 0
    assert "    former_entities: [client]\n" in repository.read("sources/shop.yml")
    assert "entity: " not in repository.read("sources/shop.yml")


def test_a_column_does_not_take_the_name_that_another_had_in_the_history_of_its_dimension(repository, run, refused):
    assert run("rename column customers.email mail --commit").code == 0
    said = refused("rename column customers.customer_id email")
    assert "warehouses that were not built since may still have `mail` under this name" in said


def test_a_renamed_column_is_renamed_in_the_formulas_of_measures(repository, run, refused):
    line = "      - {name: amount, type: 'numeric(10, 2)'}\n"
    measure = "    measures:\n      - {name: doubled, formula: amount*2}   # twice\n"
    repository.write("sources/shop.yml", repository.read("sources/shop.yml").replace(line, line + measure))
    repository.commit()
    assert run("update --commit").code == 0
    assert "a column with this name exists" in refused("rename column orders.amount doubled")
    assert run("rename column orders.amount total --commit").code == 0
    assert "      - {name: doubled, formula: total * 2}   # twice\n" in repository.read("sources/shop.yml")
    assert "cast(total * 2 as numeric(18, 2)) as doubled" in repository.read(f"{STAGING}/stg_shop__orders.sql")


def test_a_renamed_column_is_renamed_wherever_it_is_named(repository, run):
    assert run("rename column customers.customer_id id --commit").code == 0
    assert spec_diff(repository, "HEAD~", "HEAD") == [
        "-      - {name: customer_id, type: bigint, references: customers.customer_id}   # who",
        "+      - {name: customer_id, type: bigint, references: customers.id}   # who",
        '+    version: "2.0.0"',
        "-    key: [customer_id]",
        "+    key: [id]",
        "-      - {name: customer_id, type: bigint, required: true}",
        "+      - {name: id, origin: customer_id, renamed_from: customer_id, type: bigint, required: true}",
    ]


def test_a_renamed_source_moves_its_file_and_keeps_its_variable(repository, run):
    repository.write(f"{STAGING}/stg_shop__customers.sql", repository.read(f"{STAGING}/stg_shop__customers.sql") + OURS)
    repository.commit()
    assert run("rename source shop web --commit").code == 0
    named = "name: web\nrenamed_from: shop\nkind: postgres\nconnection: SHOP_URL\n"
    assert repository.read("sources/web.yml") == SOURCE.replace("name: shop\nkind: postgres\n", named)
    assert not repository.path("sources/shop.yml").exists()
    assert OURS in repository.read("transform/models/staging/web/stg_web__customers.sql")


def test_a_table_is_removed_with_its_comments_and_what_was_edited_stays(repository, run):
    repository.write(f"{STAGING}/stg_shop__products.sql", repository.read(f"{STAGING}/stg_shop__products.sql") + OURS)
    repository.commit()
    outcome = run("remove table products")
    assert outcome.code == 0
    assert "adapt or delete them" in outcome.out
    start, end = SOURCE.index("\n  - name: products"), SOURCE.index("# the end")
    assert repository.read("sources/shop.yml") == SOURCE[:start] + SOURCE[end:]
    assert OURS in repository.read(f"{STAGING}/stg_shop__products.sql")
    assert not repository.path(f"{STAGING}/stg_shop__products.yml").exists()


def test_a_table_that_others_refer_to_is_removed_with_their_references_only(repository, run, refused):
    said = refused("remove table customers")
    assert "sources/shop.yml:12: `orders.customer_id` refers to it (`customers`)" in said
    assert run("remove table customers --with-references").code == 0
    assert "- {name: customer_id, type: bigint}   # who\n" in repository.read("sources/shop.yml")


def test_the_last_source_can_be_removed(repository, run):
    assert run("remove source shop --commit").code == 0
    assert list(repository.path("sources").iterdir()) == []
    assert repository.git("status", "--porcelain") == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("set modelling obt", "did you mean `modeling`?"),
        ("set modeling obd", "did you mean `obt`?"),
        ("set name Acme!", "write `acme`"),
        ("set modeling obt --plan --commit", "cannot be combined"),
        ("rename table orderz x", "did you mean `orders`?"),
        ("rename table shop.orders customers", "a table with this name exists"),
        ("rename table orders Orders", "write `orders`"),
        ("rename table shopp.orders x", "did you mean `shop`?"),
        ("rename column orders.amont x", "did you mean `amount`?"),
        ("rename column amount x", "write `TABLE.COLUMN`"),
        ("rename column orders.amount order_id", "a column with this name exists"),
        ("rename source shop 1shop", "write `_1shop`"),
        ("rename source ship shop", "did you mean `shop`?"),
        ("remove table order", "did you mean `orders`?"),
        ("remove source shopp", "did you mean `shop`?"),
    ],
)
def test_invalid_edits_are_refused_with_a_hint_and_nothing_is_written(refused, words, said):
    assert said in refused(words)


def test_the_only_table_of_a_source_is_not_removed_alone(repository, run, refused):
    for table in ("products", "orders"):
        assert run(f"remove table {table} --commit").code == 0
    assert "platform-new remove source shop" in refused("remove table customers")


def test_an_update_that_is_refused_takes_the_edit_with_it(repository, refused):
    repository.replace("README.md", "acme", "ACME")
    assert "README.md: the file has uncommitted changes" in refused("set modeling obt")


def test_conflicts_are_resolved_or_aborted_with_the_edit(repository, run):
    mart = "transform/models/marts/dim_customers.yml"
    repository.write(mart, repository.read(mart).replace("customers", "OURS"))
    repository.commit()
    before = repository.snapshot()
    assert run("rename table customers clients --commit").code == 3
    assert "name: clients" in repository.read("sources/shop.yml")
    assert run("update --abort").code == 0
    assert repository.snapshot() == before
    assert run("rename table customers clients --commit").code == 3
    repository.git("add", "--all")
    assert run("update --continue").code == 0
    assert repository.git("status", "--porcelain") == ""
    assert repository.git("log", "-1", "--format=%s").startswith("Rename the table shop.customers to clients")
    assert "+  - name: clients" in spec_diff(repository, "HEAD~", "HEAD")


def test_outside_a_repository_there_is_nothing_to_edit(repository, run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for words in (
        "set modeling obt",
        "rename table a b",
        "remove table a",
        "add table a",
        "add source a --sample shop",
    ):
        outcome = run(words)
        assert (outcome.code, "change to a repository that platform-new generated" in outcome.err) == (2, True)


def test_an_invalid_spec_has_to_be_fixed_by_hand_first(repository, refused):
    repository.replace("sources/shop.yml", "type: timestamp", "type: timestampp")
    assert "sources/shop.yml:13" in refused("rename table products goods")
    assert "sources/shop.yml:13" in refused("set modeling obt")


def test_the_edit_of_a_link_is_refused(repository, refused, tmp_path):
    (tmp_path / "elsewhere.yml").write_text(repository.read("sources/shop.yml"))
    repository.path("sources/shop.yml").unlink()
    repository.path("sources/shop.yml").symlink_to(tmp_path / "elsewhere.yml")
    assert "this is a link" in refused("remove table products")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("remove table ", {"orders", "customers", "products"}),
        ("remove table shop.o", {"shop.orders"}),
        ("rename source s", {"shop"}),
        ("rename column customers.e", {"customers.email"}),
        ("set war", {"warehouse"}),
        ("set modeling o", {"obt"}),
        ("add table x --source ", {"shop"}),
    ],
)
def test_a_shell_completes_the_names_of_the_spec(repository, words, expected, completed):
    assert completed(words) == expected
