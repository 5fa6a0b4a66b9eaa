"""A clone of a generated repository runs without the source and without a network."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.exhaustive


def test_a_clone_is_green_on_sample_data_with_the_network_cut(platform):
    assert platform.sample.green
    outcome = platform.sample.outcome
    assert outcome["ok"] and outcome["sources"][platform.database.data_set]["mode"] == "sample"
    assert outcome["failures"] == []
    assert min(rows for table, rows in outcome["rows"].items() if table.startswith("marts.")) > 0
