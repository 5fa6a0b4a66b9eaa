"""Quoted values are read back unchanged."""

from __future__ import annotations

import ast
import re

import lkml
import pytest
import yaml as pyyaml
from effort import planned
from hypothesis import example, given
from hypothesis import strategies as st
from jinja2.nativetypes import NativeEnvironment
from ruamel.yaml import YAML
from strategies import HOSTILE, texts

from platform_new.render import quoting

anything = st.one_of(texts, st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
values = st.one_of(anything, st.booleans(), st.none(), st.integers(), st.lists(anything, max_size=3))

# Texts made mostly of characters with a meaning in Jinja and dbt, alone and combined.
pieces = [
    "{",
    "}",
    "%",
    "#",
    "-",
    "'",
    '"',
    " ",
    "x",
    "\n",
    "\r",
    "raw",
    "endraw",
    "ref(",
    "env_var('HOME')",
    ")",
    "\\",
]
jinja = st.lists(st.sampled_from(pieces), max_size=9).map("".join)


def rendered(value):
    """A value of a YAML file as dbt renders it, also as a test's argument, which may be a call without delimiters."""
    if not isinstance(value, str):
        return value
    if re.match(r"^\s*(env_var|ref|var|source|doc)\s*\(.+\)\s*$", value):
        value = f"{{{{ {value} }}}}"
    template = NativeEnvironment().from_string(value)
    return "".join(str(node) for node in template.root_render_func(template.new_context({})))


def hostile(test):
    """Also test each of the hostile texts."""
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
@given(values | jinja)
def test_yaml_for_dbt_is_read_back_and_rendered(value):
    read = pyyaml.safe_load(f"key: {quoting.dbt_yaml(value)}\n")["key"]
    assert ([rendered(item) for item in read] if isinstance(value, list) else rendered(read)) == value


@hostile
@given(jinja | anything)
def test_sql_text_is_rendered_as_a_literal_of_sql(text):
    assert rendered(f"select {quoting.sql_text(text)} as text") == "select '" + text.replace("'", "''") + "' as text"


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


@hostile
@given(text=jinja | anything)
def test_lookml_is_read_back_and_has_no_liquid(text):
    written = quoting.lookml(text)
    read = lkml.load(f"view: v {{ label: {written} }}")["views"][0]["label"]
    assert f'"{read}"' == written
    assert "{{" not in read and "{%" not in read
    plain = re.sub(r"\\(.)", r"\1", read)
    assert plain.replace("{ ", "{") == quoting.one_line(text).replace("{ ", "{")
