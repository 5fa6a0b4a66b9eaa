"""A MySQL or MariaDB database is read in the types of the spec.

These tests need an empty database, set in TEST_MYSQL_URL: they create and drop the table
`ingest_test` there.
"""

import os
from datetime import datetime
from decimal import Decimal

import duckdb
import pytest

from ingest.duckdb_sql import literal
from ingest.errors import IngestError
from ingest.read_mysql import Reader, extension

URL = os.environ.get("TEST_MYSQL_URL", "")
TABLE = {"origin": "ingest_test"}
FIRST = (1, "new", Decimal("10.25"), datetime(2026, 1, 1, 12))
SECOND = (2, "paid", Decimal("20.00"), datetime(2026, 1, 2, 12))
UNDATED = (3, None, None, None)
AS_TEXT = (
    "alter table ingest_test modify updated_at varchar(19)",
    "update ingest_test set updated_at = replace(updated_at, ' ', 'T')",
)

pytestmark = pytest.mark.skipif(not URL, reason="TEST_MYSQL_URL is not set")


@pytest.fixture
def reader_of(source_of):
    """Opens the database with three orders, changed by SQL statements."""
    with duckdb.connect() as connection:
        connection.load_extension(extension())
        connection.execute(f"attach {literal(URL)} as server (type mysql)")

        def change(statement):
            connection.execute(f"call mysql_execute('server', {literal(statement)})")

        change("drop table if exists ingest_test")
        change(
            "create table ingest_test "
            "(order_id integer, status varchar(9), amount double, updated_at datetime)"
        )
        change(
            "insert into ingest_test values (1, 'new', 10.25, '2026-01-01 12:00:00'), "
            "(2, 'paid', 20, '2026-01-02 12:00:00'), (3, null, null, null)"
        )

        def open_database(*statements):
            for statement in statements:
                change(statement)
            return Reader(source_of(TABLE, kind="mysql"), URL)

        yield open_database
        change("drop table ingest_test")


@pytest.fixture
def orders(source_of):
    return source_of(TABLE, kind="mysql").tables[0]


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
    with reader_of(*AS_TEXT) as reader:
        assert rows_of(reader, orders, datetime(2026, 1, 1, 13)) == [SECOND, UNDATED]
        survey = reader.survey(orders, orders.cursor, datetime(2026, 1, 1, 13))
    assert (survey.rows, survey.newest) == (3, FIRST[-1])


def test_the_columns_are_the_current_columns_of_the_table(reader_of, orders, source_of):
    with reader_of("alter table ingest_test add column channel varchar(9)") as reader:
        assert reader.columns(orders)["channel"] == "text"
        assert reader.columns(source_of({"origin": "gone"}).tables[0]) is None


def test_a_value_that_does_not_fit_is_refused_and_named(reader_of, orders, rows_of):
    with (
        reader_of("update ingest_test set amount = 0.125 where order_id = 1") as reader,
        pytest.raises(IngestError, match=r"ingest_test.amount: the value .*0.125.* does not fit"),
    ):
        rows_of(reader, orders)
