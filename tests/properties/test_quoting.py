"""What the filters quote is read back as it was."""

from __future__ import annotations

import ast
import re

import pytest
import yaml as pyyaml
from dbt_jinja import Project
from effort import planned
from hypothesis import example, given
from hypothesis import strategies as st
from ruamel.yaml import YAML
from strategies import HOSTILE, texts

from platform_new.render import quoting

anything = st.one_of(texts, st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
values = st.one_of(anything, st.booleans(), st.none(), st.integers(), st.lists(anything, max_size=3))


def hostile(test):
    """Try each of the hostile texts as well."""
    for text in ("\n".join(HOSTILE), "\u202e\u2066", *HOSTILE):
        test = example(text)(test)
    return planned(test)


@hostile
@given(values)
def test_yaml_is_read_back_by_every_reader(value):
    text = f"- {{key: {quoting.yaml(value)}}}\n"
    assert pyyaml.safe_load(text) == [{"key": value}]
    assert YAML(typ="safe").load(text) == [{"key": value}]
    text = f"key: {quoting.yaml(value)}\n"
    assert pyyaml.safe_load(text) == {"key": value} == dict(YAML(typ="safe").load(text))


@hostile
@given(anything)
def test_yaml_for_dbt_is_read_back_and_rendered(text):
    read = pyyaml.safe_load(f"key: {quoting.dbt_yaml(text)}\n")["key"]
    # To Jinja, and so to dbt, every kind of line end is a newline.
    assert Project({}).rendered(f"{read}|") == re.sub("\r\n?", "\n", f"{text}|")


@hostile
@given(anything)
def test_python_is_read_back(text):
    assert ast.literal_eval(quoting.py(text)) == text
    assert "\n" not in quoting.py(text)


@hostile
@given(anything)
def test_one_line_is_one_line(text):
    for made in (quoting.one_line(text), quoting.md(text), quoting.code(text)):
        assert len(made.splitlines()) <= 1 and made.strip() == made


@pytest.mark.parametrize(
    ("text", "literal"),
    [("plain", '"plain"'), ("it's", '"it\'s"'), ('say "hi"', "'say \"hi\"'"), ("""a'b"c""", '''"a'b\\"c"''')],
)
def test_python_is_quoted_as_ruff_does(text, literal):
    assert quoting.py(text) == literal
