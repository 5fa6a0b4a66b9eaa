"""A baseline is read as it was written, whatever it contains."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_new.errors import Refused
from platform_new.merge.baseline import Baseline, dump, parse

paths = st.from_regex(r"[a-z]{1,8}(/[a-z_.]{1,8}){0,2}", fullmatch=True)
TRICKY = ["-- a.sql --\n", "x\n-- b --", ">quoted\n-- c --\n", "", "\n", "no end"]
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.sampled_from(TRICKY)


@given(st.dictionaries(paths, texts))
def test_any_texts_are_read_back_as_they_were_written(files):
    baseline = Baseline("1.2.3", files, frozenset(list(files)[:1]))
    assert parse(dump(baseline)) == baseline


@given(st.dictionaries(paths, texts))
def test_the_order_of_files_does_not_matter(files):
    backwards = dict(reversed(files.items()))
    assert dump(Baseline("1", files)) == dump(Baseline("1", backwards))


@pytest.mark.parametrize("damaged", ["", "<<<<<<< ours\n{}\n", '{"generator": "1"}\n', "null\n"])
def test_a_damaged_header_is_refused_with_a_hint(damaged):
    with pytest.raises(Refused, match="git checkout"):
        parse(damaged)


def test_a_newer_format_asks_for_a_newer_tool():
    with pytest.raises(Refused, match="upgrade platform-new"):
        parse('{"generator": "9.0", "format": 99, "executable": []}\n')
