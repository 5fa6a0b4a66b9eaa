"""Consumers in `platform.yml` when what they read is renamed or removed."""

from __future__ import annotations

import pytest

CONSUMERS = """\
consumers:
  - {name: letters, reads: [shop.customers, shop.orders]}  # by post
  - name: explore
    reads:
      - shop.customers  # all of them
"""


@pytest.fixture
def consumers(repository, run):
    repository.path("platform.yml").write_text(repository.read("platform.yml") + CONSUMERS)
    assert run("update --commit").code == 0


@pytest.mark.parametrize(
    ("command", "renamed"),
    [("rename table customers clients", "shop.clients"), ("rename source shop store", "store.customers")],
)
def test_the_tables_that_consumers_read_are_renamed(consumers, repository, run, command, renamed):
    exposure = repository.read("transform/models/exposures/explore.yml")
    assert run(f"{command} --commit").code == 0
    text = repository.read("platform.yml")
    assert f"      - {renamed}  # all of them\n" in text
    assert "}  # by post\n" in text and "shop.customers" not in text
    after = repository.read("transform/models/exposures/explore.yml")
    assert after == exposure.replace("dim_customers", "dim_clients" if "table" in command else "dim_customers")


def test_a_table_that_a_consumer_reads_is_removed_with_its_reads_on_request(consumers, repository, run, refused):
    assert ": the consumer `letters` reads it (`shop.customers`)" in refused("remove table customers")
    assert run("remove table customers --with-references --commit").code == 0
    text = repository.read("platform.yml")
    assert text.endswith("consumers:\n  - {name: letters, reads: [shop.orders]}  # by post\n")
    assert not repository.path("transform/models/exposures/explore.yml").exists()


def test_a_consumer_that_read_nothing_else_is_removed_too(repository, run):
    before = repository.read("platform.yml")
    repository.path("platform.yml").write_text(f"{before}consumers:\n  - {{name: web, reads: [shop.products]}}\n")
    assert run("update --commit").code == 0
    assert run("remove table products --with-references --commit").code == 0
    assert repository.read("platform.yml") == before


def test_consumers_are_edited_in_the_file(refused):
    assert "`consumers` is a list, which this command cannot set" in refused("set consumers me")
