"""Maintenance of tables."""

from __future__ import annotations

import pytest

from stream.batch import Batches
from stream.maintain import maintain
from stream.tests.clicks import PAGES, click, commit, rows


@pytest.fixture
def pages(spark, tmp_path, monkeypatch, messages) -> Batches:
    """A stream of windows after three batches, the last of which has not been ended."""
    monkeypatch.setenv("CLICKS_LAKE", str(tmp_path))
    batches = Batches(spark, PAGES)
    batches.create_tables()
    for batch in (0, 1):
        commit(batches, messages([click("09:00:00"), click("09:01:00", "cart")], 2 * batch), batch)
    batches(messages([click("09:02:00")], first=4), 2)
    return batches


def test_partial_aggregates_are_combined_and_old_versions_stay_readable(spark, pages, messages):
    for fewer in ("2", "0"):
        assert maintain(spark, PAGES).startswith(f"{fewer} rows fewer")
        assert rows(pages, "table", "page", "clicks", "batch") == [
            ("cart", 2, 1),
            ("home", 1, 2),
            ("home", 2, 1),
        ]
    # The batch that had not been ended is repeated, and adds nothing.
    Batches(spark, PAGES)(messages([click("09:02:00")], first=4), 2)
    assert len(rows(pages, "table", "batch")) == 3

    assert pages.table.rows(3).count() == 4, "a file was removed before its time"
