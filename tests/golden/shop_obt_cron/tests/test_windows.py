"""Which rows a load reads: all rows, the changes, or a window."""

from datetime import datetime, timedelta

import pytest

from ingest.errors import UsageError

LOADED_FIRST = [1, 2, 3, 4]


def keys(shop):
    return [key for (key,) in shop.landed("order_id")]


def test_the_first_load_reads_all_rows_and_the_next_load_rows_within_the_lag(shop):
    assert shop.load().rows == {"orders": 4}
    assert shop.load().rows == {"orders": 2}
    assert keys(shop) == LOADED_FIRST


def test_a_changed_row_replaces_the_previous_row(shop):
    shop.load()
    shop.change("update orders set status = 'paid', updated_at = '2026-01-05' where order_id = 2")
    shop.load()
    assert shop.landed("order_id, status")[1] == (2, "paid")
    assert keys(shop) == LOADED_FIRST


def test_a_row_that_is_committed_late_is_read_within_the_lag(shop):
    shop.load()
    shop.change("insert into orders values (5, 'late', 50, '2026-01-03 18:00:00')")
    assert shop.load().notes == []
    assert keys(shop) == [*LOADED_FIRST, 5]


def test_a_row_committed_later_than_the_lag_is_found_by_the_count_and_read_at_once(shop):
    shop.load()
    shop.change("insert into orders values (5, 'very late', 50, '2026-01-01 18:00:00')")
    assert "repaired by reading all its rows" in shop.load().notes[0]
    assert keys(shop) == [*LOADED_FIRST, 5]


def test_a_row_without_a_cursor_is_read_each_time(shop):
    shop.change("insert into orders values (5, 'undated', 50, null)")
    shop.load()
    shop.change("update orders set status = 'still undated' where updated_at is null")
    assert shop.load().rows == {"orders": 3}
    assert shop.landed("order_id, status")[-1] == (5, "still undated")


def test_a_row_without_a_cursor_does_not_replace_a_newer_row_with_its_key(shop):
    shop.change("insert into orders values (1, 'undated', 10, null)")
    shop.load()
    assert shop.landed("order_id, status")[0] == (1, "new")
    note = shop.load().notes[0]
    assert "rows without updated_at share their key with rows that have it (1)" in note
    assert shop.landed("order_id, status")[0] == (1, "new")


def test_a_cursor_in_the_future_does_not_hide_later_rows_with_an_older_cursor(shop):
    tomorrow = datetime.now() + timedelta(days=2)
    shop.change(f"insert into orders values (5, 'ahead', 50, '{tomorrow:%Y-%m-%d %H:%M:%S}')")
    shop.load()
    shop.change("insert into orders values (6, 'new', 60, '2026-01-05')")
    assert shop.load().notes == []
    assert keys(shop) == [*LOADED_FIRST, 5, 6]


def test_a_database_that_was_restored_is_read_again(shop):
    shop.load()
    shop.change("delete from orders where order_id > 2")
    shop.change("update orders set status = 'restored'")
    assert shop.load().rows == {"orders": 2}
    assert {status for key, status in shop.landed("order_id, status") if key <= 2} == {"restored"}


def test_a_window_includes_its_start_but_not_its_end_and_does_not_move_the_cursor(shop):
    shop.load()
    shop.change("update orders set status = 'corrected'")
    window = {"start": "2026-01-02T12:00:00", "end": "2026-01-03T12:00:00"}
    assert shop.load(**window).rows == {"orders": 1}
    assert shop.landed("status") == [("new",), ("corrected",), ("new",), ("new",)]
    assert shop.load().rows == {"orders": 2}


@pytest.mark.parametrize(
    "window", [{"end": "2026-01-02"}, {"start": "2026-01-02", "end": "2026-01-02"}]
)
def test_an_invalid_window_is_refused(shop, window):
    with pytest.raises(UsageError, match="window"):
        shop.load(**window)
