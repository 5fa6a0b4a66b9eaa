"""A PostgreSQL database is read in the types of the spec.

These tests need a database, set in TEST_POSTGRES_URL: they create and drop the schema
`ingest_test` there.
"""

import os
from datetime import datetime
from decimal import Decimal

import adbc_driver_postgresql.dbapi as postgres
import pytest

from ingest.errors import IngestError
from ingest.read_postgres import Reader

URL = os.environ.get("TEST_POSTGRES_URL", "")
TABLE = {"schema": "ingest_test"}
FIRST = (1, "new", Decimal("10.25"), datetime(2026, 1, 1, 12))
SECOND = (2, "paid", Decimal("20.00"), datetime(2026, 1, 2, 12))
UNDATED = (3, None, None, None)
AS_TEXT = """
alter table ingest_test.orders alter updated_at type varchar(19)
using to_char(updated_at, 'YYYY-MM-DD"T"HH24:MI:SS')
"""

pytestmark = pytest.mark.skipif(not URL, reason="TEST_POSTGRES_URL is not set")


@pytest.fixture
def reader_of(source_of):
    """Opens the database with three orders, changed by a SQL statement."""
    with postgres.connect(URL, autocommit=True) as connection, connection.cursor() as database:
        for statement in (
            "drop schema if exists ingest_test cascade",
            "create schema ingest_test",
            "create table ingest_test.orders "
            "(order_id integer, status varchar(9), amount real, updated_at timestamp)",
            "insert into ingest_test.orders values (1, 'new', 10.25, '2026-01-01 12:00:00'), "
            "(2, 'paid', 20, '2026-01-02 12:00:00'), (3, null, null, null)",
        ):
            database.execute(statement)

        def open_database(statement="select 1"):
            database.execute(statement)
            return Reader(source_of(TABLE, kind="postgres"), URL)

        yield open_database
        database.execute("drop schema ingest_test cascade")


@pytest.fixture
def orders(source_of):
    return source_of(TABLE, kind="postgres").tables[0]


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
    with reader_of("alter table ingest_test.orders add column channel varchar(9)") as reader:
        assert reader.columns(orders)["channel"] == "text"
        assert reader.columns(source_of({**TABLE, "origin": "gone"}).tables[0]) is None


def test_a_value_that_does_not_fit_is_refused_and_named(reader_of, orders, rows_of):
    with (
        reader_of("update ingest_test.orders set amount = 0.125 where order_id = 1") as reader,
        pytest.raises(IngestError, match=r"orders.amount: the value .*0.125.* does not fit"),
    ):
        rows_of(reader, orders)
