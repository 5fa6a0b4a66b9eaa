"""The strategies draw what they promise."""

from __future__ import annotations

from effort import cases
from hypothesis import given
from strategies import specs

from platform_new.catalog import load_catalog
from platform_new.spec.rules import check


@cases(20)
@given(specs())
def test_drawn_specs_break_no_rule(spec):
    assert check(spec, load_catalog()) == []
