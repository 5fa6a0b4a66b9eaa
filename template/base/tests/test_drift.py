"""What a load does when the source differs from `sources/<source>.yml`."""

import re

import pytest

from ingest.errors import IngestError

NEW = ["alter table orders add column channel text", "update orders set channel = 'web'"]
GONE = ["alter table orders drop column amount"]
RETYPED = [*GONE, "alter table orders add column amount text", "update orders set amount = '7'"]


def reported(loaded, what):
    """Whether the load reports this and nothing else, with the file to change."""
    (finding,) = loaded.drift
    return what in finding and "sources/shop.yml" in finding


def test_a_new_column_lands_for_all_rows_and_is_reported(shop):
    shop.load()
    shop.change(*NEW)
    assert reported(shop.load(), "orders: new column `channel` (text)")
    assert shop.landed("channel") == [("web",)] * 4


def test_a_dropped_column_is_null_in_the_rows_that_are_read_from_then_on(shop):
    shop.load()
    shop.change(*GONE)
    assert reported(shop.load(), "orders: column `amount` no longer exists")
    assert shop.landed("amount") == [(10,), (20,), (None,), (None,)]


def test_a_retyped_column_is_loaded_with_the_type_of_the_spec(shop):
    shop.load()
    shop.change(*RETYPED)
    assert reported(shop.load(), "orders: column `amount` is text, not numeric(10, 2)")
    assert shop.landed("amount") == [(10,), (20,), (7,), (7,)]


def test_a_value_that_does_not_fit_is_named_and_the_loaded_rows_stay(shop):
    shop.load()
    shop.change("insert into orders values (5, 'odd', 'a lot', '2026-01-05')")
    failed = shop.load().failed["orders"]
    assert "orders.amount: the value 'a lot' does not fit the type `numeric(10, 2)`" in failed
    assert shop.landed("amount") == [(10,), (20,), (30,), (40,)]


def test_a_dropped_table_keeps_its_loaded_rows_and_is_reported(shop):
    shop.load()
    shop.change("drop table orders")
    assert reported(shop.load(), "orders: the table no longer exists")
    assert len(shop.landed()) == 4


@pytest.mark.parametrize(
    ("statements", "said"),
    [
        (NEW, "new column `channel`"),
        (GONE, "column `amount` no longer exists"),
        (RETYPED, "column `amount` is text, not numeric(10, 2)"),
        (["drop table orders"], "the table no longer exists"),
    ],
)
def test_with_freeze_any_difference_stops_the_load_before_it_writes(shop, statements, said):
    shop.change(*statements)
    with pytest.raises(IngestError, match=re.escape(said)):
        shop.load(drift="freeze")
    assert not shop.warehouse.exists()
