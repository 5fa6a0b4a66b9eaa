"""The surrogate key that a dimension derives from its natural key."""

from __future__ import annotations

from pathlib import Path

import duckdb
from dbt_jinja import Project
from effort import cases
from hypothesis import given
from hypothesis import strategies as st

MACRO = Path(__file__).parents[2] / "template/modeling/shared_keys/transform/macros/surrogate_key.sql"
AWKWARD = st.none() | st.text("a|~0", max_size=3)
"""Characters that separate values, escape the separator, or may mean NULL."""


@cases(60)
@given(pairs=st.lists(st.tuples(AWKWARD, AWKWARD), min_size=2, max_size=30, unique=True))
def test_different_values_have_different_keys_and_equal_values_the_same(pairs):
    project = Project({"transform/macros/surrogate_key.sql": MACRO.read_text(encoding="utf-8")})
    key = project.rendered("{{ surrogate_key(['first', 'second']) }}")
    with duckdb.connect() as warehouse:
        warehouse.execute("create table members (first varchar, second varchar)")
        warehouse.executemany("insert into members values (?, ?)", [*pairs, *pairs])
        keys = warehouse.execute(f"select {key}, count(*) from members group by 1").fetchall()

    assert len(keys) == len(pairs)
    assert all(count == 2 and len(name) == 32 for name, count in keys)
