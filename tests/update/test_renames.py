"""Renames in the spec keep the edits of their files, under the new names."""

from __future__ import annotations

import pytest
from repositories import PLATFORM, SOURCE, copy_of, make_repository

from platform_new import flow
from platform_new.catalog import load_catalog
from platform_new.spec.load import parse_platform, parse_source
from platform_new.spec.models import Spec

MODEL = "transform/models/staging/{source}/stg_{source}__{table}.sql"
CONTRACT = "contracts/inbound/{source}/{table}.odcs.yaml"
MART = "transform/models/marts/dim_{table}.sql"
SNAPSHOT = "transform/snapshots/snap_{source}__{table}.yml"
HIERARCHY = "transform/models/intermediate/int_{table}_parent_hierarchy.sql"
DAG = "orchestrate/dags/load_{source}.py"
READER = "ingest/sources/{source}.py"
LONG = "a_name_that_is_nearly_as_long_as_any_warehouse_allows_it_to_be"
TREE = """\
  - name: stores
    role: dimension
    load: {mode: incremental, cursor: changed_at}
    key: [store_id]
    columns:
      - {name: store_id, type: bigint, required: true}
      - {name: parent_id, type: bigint, references: stores.store_id}
      - {name: changed_at, type: timestamp}
"""
RICH = SOURCE[: SOURCE.index("  - name: stores")] + TREE


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    """A repository with DAGs, and with a self-referencing table that keeps history."""
    platform = PLATFORM.replace("orchestrator: none", "orchestrator: airflow")
    return make_repository(tmp_path_factory.mktemp("generated") / "acme", RICH, platform)


@pytest.fixture
def repository(generated, tmp_path):
    """A fresh copy."""
    return copy_of(generated, tmp_path / "acme")


def current_path(before: str, source: str, table: str) -> str:
    """The path of a file after the rename."""
    paths = {
        path: file.path
        for file in flow.plan_for(spec(source, table)).files
        for path in (file.path, *file.previous_paths)
    }
    return paths[before]


def spec(source: str, table: str) -> Spec:
    """The spec with the new names."""
    text = renamed(RICH, source, table)
    return Spec(platform=parse_platform(PLATFORM.replace("none", "airflow", 1)), sources=(parse_source(text, ""),))


def renamed(text: str, source: str, table: str) -> str:
    """The source file with the new names, and `renamed_from`."""
    if source != "shop":
        text = text.replace("name: shop", f"name: {source}\nrenamed_from: shop")
    if table != "stores":
        text = text.replace("stores.store_id", f"{table}.store_id")
        text = text.replace("- name: stores", f"- name: {table}\n    renamed_from: stores")
    return text


def rename(repository, source: str, table: str) -> None:
    """Rename in the spec, and commit it."""
    text = renamed(RICH, source, table)
    repository.path("sources/shop.yml").unlink(missing_ok=True)
    repository.write(f"sources/{source}.yml", text)
    repository.commit()


@pytest.mark.parametrize(
    ("source", "table"), [("webshop", "stores"), ("shop", "branches"), ("webshop", "branches"), (LONG[:40], LONG)]
)
def test_edits_move_with_a_renamed_source_and_table(repository, source, table):
    """Models, contracts, snapshots, hierarchies, DAGs: every generated file, including those with shortened names."""
    patterns = [MODEL, CONTRACT, MART, SNAPSHOT, HIERARCHY, DAG, READER]
    olds = [pattern.format(source="shop", table="stores") for pattern in patterns]
    paths = {old: current_path(old, source, table) for old in olds}
    for path in paths:
        repository.write(path, repository.read(path) + f"{mark(path)} ours\n")
    repository.commit()
    rename(repository, source, table)
    result = repository.update(commit=True)
    assert result.code == 0
    for before, path in paths.items():
        assert repository.read(path).endswith(f"{mark(path)} ours\n")
        assert before == path or not repository.path(before).exists()
    assert repository.update().planned.up_to_date


def mark(path: str) -> str:
    """The comment marker of a file."""
    return "--" if path.endswith(".sql") else "#"


@pytest.mark.parametrize("first", ["source", "table"])
def test_one_rename_after_the_other(repository, first):
    """The earlier rename is still recorded in the spec."""
    model = MODEL.format(source="shop", table="stores")
    repository.write(model, repository.read(model) + "-- ours\n")
    repository.commit()
    between = ("webshop", "stores") if first == "source" else ("shop", "branches")
    for source, table in (between, ("webshop", "branches")):
        rename(repository, source, table)
        for stale in ("shop", "webshop"):
            if stale != source:
                repository.path(f"sources/{stale}.yml").unlink(missing_ok=True)
        assert repository.update(commit=True).code == 0
        assert repository.read(MODEL.format(source=source, table=table)).endswith("-- ours\n")


def test_a_file_that_its_owner_renamed_too(repository):
    """Renaming the model by hand as well, before the update, does no harm."""
    before, after = (MODEL.format(source="shop", table=table) for table in ("stores", "branches"))
    repository.git("mv", before, after)
    repository.write(after, repository.read(after) + "-- ours\n")
    rename(repository, "shop", "branches")
    result = repository.update()
    assert (result.code, result.outcome(after)) == (0, "merged")
    assert repository.read(after).endswith("-- ours\n")
    assert "'branches'" in repository.read(after)


def test_a_new_table_with_the_old_name_keeps_its_files(repository):
    """The old name is now another table's: the files belong to that table, and nothing moves."""
    text = RICH.replace("- name: stores", "- name: branches\n    renamed_from: stores")
    text = text.replace("stores.store_id", "branches.store_id")
    text += "\n".join(["", *SOURCE.splitlines()[-7:]]) + "\n"
    model = MODEL.format(source="shop", table="stores")
    repository.write(model, "-- ours\n" + repository.read(model))
    repository.write("sources/shop.yml", text)
    repository.commit()
    repository.update()
    assert "-- ours\n" in repository.read(model)
    assert "-- ours\n" not in repository.read(MODEL.format(source="shop", table="branches"))


def test_of_two_tables_that_claim_a_name_the_first_has_it():
    """A file cannot move to two places."""
    text = RICH.replace("- name: stores", "- name: branches\n    renamed_from: stores")
    text = text.replace("stores.store_id", "branches.store_id")
    text = text.replace("- name: products", "- name: goods\n    renamed_from: stores")
    plan = flow.plan_for(
        Spec(platform=parse_platform(PLATFORM), sources=(parse_source(text, "sources/shop.yml"),)), load_catalog()
    )
    before = {file.path: file.previous_paths for file in plan.files if file.path.startswith("contracts/inbound")}
    assert before["contracts/inbound/shop/goods.odcs.yaml"] == ("contracts/inbound/shop/stores.odcs.yaml",)
    assert before["contracts/inbound/shop/branches.odcs.yaml"] == ()
