"""A SQLite file, whose columns hold values of any type, is read in the types of the spec."""

import sqlite3
from contextlib import closing
from datetime import datetime
from decimal import Decimal

import pytest

from ingest.errors import IngestError
from ingest.read_sqlite import Reader

FIRST = (1, "new", Decimal("10.25"), datetime(2026, 1, 1, 12))
SECOND = (2, "7", Decimal("20.00"), datetime(2026, 1, 2, 12))
UNDATED = (3, None, None, None)


@pytest.fixture
def reader_of(tmp_path, source_of):
    """Opens the file with three orders, changed by SQL statements."""
    path = tmp_path / "shop.sqlite"

    def change(statements):
        with closing(sqlite3.connect(path)) as database, database:
            database.executescript(statements)

    def open_file(statements=""):
        change(statements)
        return Reader(source_of(), str(path))

    change("""
        create table orders (order_id integer, status, amount real, updated_at text);
        insert into orders values (1, 'new', 10.25, '2026-01-01T12:00:00'),
            (2, 7, '20', '2026-01-02 12:00:00'), (3, null, null, null);
    """)
    return open_file


@pytest.fixture
def orders(source_of):
    return source_of().tables[0]


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


def test_the_columns_are_the_current_columns_of_the_table(reader_of, orders, source_of):
    with reader_of("alter table orders add column channel varchar(20)") as reader:
        assert reader.columns(orders)["channel"] == "text"
        assert reader.columns(source_of({"origin": "gone"}).tables[0]) is None


def test_a_value_that_does_not_fit_is_refused_and_named(reader_of, orders, rows_of):
    with (
        reader_of("update orders set amount = 0.125") as reader,
        pytest.raises(IngestError, match=r"orders.amount: the value .*0.125.* does not fit"),
    ):
        rows_of(reader, orders)
