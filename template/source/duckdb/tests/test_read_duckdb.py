"""A DuckDB file is read in the types of the spec."""

from datetime import datetime
from decimal import Decimal

import duckdb
import pytest

from ingest.errors import IngestError
from ingest.read_duckdb import Reader

FIRST = (1, "new", Decimal("10.25"), datetime(2026, 1, 1, 12))
SECOND = (2, "paid", Decimal("20.00"), datetime(2026, 1, 2, 12))
UNDATED = (3, None, None, None)
AS_TEXT = """
alter table orders alter updated_at type varchar
using strftime(updated_at, '%Y-%m-%dT%H:%M:%S')
"""


@pytest.fixture
def reader_of(tmp_path, source_of):
    """Opens the file with three orders, changed by SQL statements."""
    path = str(tmp_path / "shop.duckdb")
    with duckdb.connect(path) as database:
        database.execute("""
            create table orders (order_id integer, status text, amount double, updated_at timestamp);
            insert into orders values (1, 'new', 10.25, '2026-01-01 12:00:00'),
                (2, 'paid', 20, '2026-01-02 12:00:00'), (3, null, null, null);
        """)

    def open_file(statements=""):
        with duckdb.connect(path) as database:
            database.execute(statements)
        return Reader(source_of(kind="duckdb"), path)

    return open_file


@pytest.fixture
def orders(source_of):
    return source_of(kind="duckdb").tables[0]


def test_each_value_is_read_as_the_spec_says(reader_of, orders, rows_of):
    with reader_of() as reader:
        assert rows_of(reader, orders) == [FIRST, SECOND, UNDATED]


def test_a_window_includes_its_start_but_not_its_end(reader_of, orders, rows_of):
    with reader_of() as reader:
        assert rows_of(reader, orders, FIRST[-1], SECOND[-1]) == [FIRST]


def test_a_window_without_an_end_includes_rows_without_a_cursor(reader_of, orders, rows_of):
    with reader_of() as reader:
        assert rows_of(reader, orders, SECOND[-1]) == [SECOND, UNDATED]


def test_a_survey_counts_all_rows_but_ignores_cursors_in_the_future(reader_of, orders):
    with reader_of() as reader:
        survey = reader.survey(orders, orders.cursor, datetime(2026, 1, 2))
    assert (survey.rows, survey.newest) == (3, FIRST[-1])


def test_a_cursor_that_is_stored_as_text_is_compared_as_a_time(reader_of, orders, rows_of):
    with reader_of(AS_TEXT) as reader:
        assert rows_of(reader, orders, datetime(2026, 1, 1, 13)) == [SECOND, UNDATED]
        survey = reader.survey(orders, orders.cursor, datetime(2026, 1, 1, 13))
    assert (survey.rows, survey.newest) == (3, FIRST[-1])


def test_the_columns_are_the_current_columns_of_the_table(reader_of, orders, source_of):
    with reader_of("alter table orders add column channel varchar") as reader:
        assert reader.columns(orders)["channel"] == "text"
        assert reader.columns(source_of({"origin": "gone"}).tables[0]) is None


def test_a_value_that_does_not_fit_is_refused_and_named(reader_of, orders, rows_of):
    with (
        reader_of("update orders set amount = 0.125 where order_id = 1") as reader,
        pytest.raises(IngestError, match=r"orders.amount: the value .*0.125.* does not fit"),
    ):
        rows_of(reader, orders)
