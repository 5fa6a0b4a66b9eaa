"""Additions of both sides to a YAML file merge, with their comments; contradictions stay conflicts."""

from __future__ import annotations

import textwrap
from collections import Counter
from pathlib import Path

import pytest
import yaml

from platform_new.merge.texts import merge_texts

GOLDEN = Path(__file__).parents[1] / "golden" / "acme_star_airflow"
STAGING = "transform/models/staging/shop/stg_shop__customers.yml"
SOURCES = "transform/models/staging/shop/_shop__sources.yml"
MART = "transform/models/marts/fct_order_items.yml"
INBOUND = "contracts/inbound/shop/orders.odcs.yaml"
PROJECT = "transform/dbt_project.yml"
WORKFLOW = ".github/workflows/ci.yml"

Change = tuple[str, str]


def generated(path: str) -> str:
    """A generated file."""
    return (GOLDEN / path).read_text(encoding="utf-8")


def changed(text: str, *changes: Change) -> str:
    """The text with some of its parts replaced; an empty part is the end of the text."""
    for old, new in changes:
        assert old in text, f"{old!r} is not in the text"
        text = text.replace(old, new, 1) if old else text + new
    return text


def merged(path: str, base: str, ours: str, theirs: str) -> str | None:
    """The merged text; None for a conflict, which has git's markers."""
    content, unclear = merge_texts(path, base.encode(), ours.encode(), theirs.encode())
    assert unclear is (b"<<<<<<< yours" in content)
    if unclear:
        for side in (ours, theirs):
            assert not Counter(side.split("\n")) - Counter(content.decode().split("\n"))
    return None if unclear else content.decode()


def after(*lines: str) -> str:
    """Lines that follow one another."""
    return "".join(f"{line}\n" for line in lines)


NOT_NULL = after("        data_tests:", "          - unique", "          - not_null")
PHONE = after("        description: Phone number for questions about a delivery")
SCHEMA = after("    +schema: snapshots")
LAST_STEP = after("      - run: make docs")
TOGETHER = {
    "a column at the end of one model": (
        STAGING,
        [("", after("      # for the mailings", "      - name: nickname  # since May", "        description: Ours"))],
        [("", after("      - name: loyalty", "        description: Theirs"))],
    ),
    "a column before the first": (
        STAGING,
        [("    columns:\n", after("    columns:", "      # a key of our own", "      - name: our_key"))],
        [("    columns:\n", after("    columns:", "      - name: their_key"))],
    ),
    "a test of one column": (
        STAGING,
        [(NOT_NULL, NOT_NULL + after("          - positive  # ids begin at 1"))],
        [(NOT_NULL, NOT_NULL + after("          - in_range:", "              arguments:", "                min: 1"))],
    ),
    "a test each, one with a comment above": (
        MART,
        [("    data_tests:\n", after("    data_tests:", "      # the warehouse's own", "      - our_check"))],
        [("    data_tests:\n", after("    data_tests:", "      - their_check:", "          arguments: {least: 1}"))],
    ),
    "the first tests of one column": (
        STAGING,
        [(PHONE, PHONE + after("        data_tests:", "          - ours  # mine"))],
        [(PHONE, PHONE + after("        data_tests:", "          - theirs"))],
    ),
    "the first settings of one column": (
        STAGING,
        [("", after("        config:", "          tags: [ours]"))],
        [("", after("        config:", "          meta:", "            pii: name"))],
    ),
    "a table of one source": (
        SOURCES,
        [("", after("", "      # loaded by hand", "      - name: by_hand", "        tags: [manual]"))],
        [("", after("      - name: returns", "        description: What came back."))],
    ),
    "a property and a rule of one contract": (
        INBOUND,
        [
            ("slaProperties:\n", after("slaProperties:", "  - property: support", "    value: 9-17  # in UTC")),
            ("    customProperties:\n", after("    customProperties:", "      - property: ours", "        value: 1")),
        ],
        [
            ("slaProperties:\n", after("slaProperties:", "  - property: theirs", "    value: 1")),
            ("    customProperties:\n", after("    customProperties:", "      - property: theirs", "        value: 2")),
        ],
    ),
    "a setting of one project": (
        PROJECT,
        [(SCHEMA, SCHEMA + after("    # so that they outlive a rebuild", "    +full_refresh: false"))],
        [(SCHEMA, SCHEMA + after("    +tags: [history]"))],
    ),
    "a section of one project": (
        PROJECT,
        [("", after("", "# our own", "sources:", "  acme:", "    +enabled: true"))],
        [("", after("", "data_tests:", "  +store_failures: true"))],
    ),
    "a job of one workflow": (
        WORKFLOW,
        [("", after("", "  # ours", "  lint:", "    runs-on: ubuntu-24.04", "    steps:", "      - run: make lint"))],
        [("", after("", "  docs:", "    runs-on: ubuntu-24.04", "    steps:", "      - run: make docs"))],
    ),
    "one changes a value, the other adds below it": (
        WORKFLOW,
        [("    timeout-minutes: 45\n", after("    timeout-minutes: 60  # our runner is slow"))],
        [("    timeout-minutes: 45\n", after("    timeout-minutes: 45", "    environment: ci"))],
    ),
    "one deletes an untouched test, the other adds one": (
        STAGING,
        [("          - unique\n          - not_null\n", after("          - unique", "          - ours"))],
        [
            (
                "          - unique\n          - not_null\n",
                after("          - unique", "          - not_null", "          - x"),
            )
        ],
    ),
}


@pytest.mark.parametrize("case", TOGETHER)
@pytest.mark.parametrize("swapped", [False, True], ids=["", "swapped"])
def test_both_have_added(case, swapped):
    """Git finds a false conflict: the merge has both additions, with every comment, and nothing else."""
    path, by_us, by_them = TOGETHER[case]
    base = generated(path)
    ours, theirs = changed(base, *by_us), changed(base, *by_them)
    if swapped:
        ours, theirs = theirs, ours
    assert merge_texts("lines.txt", *(text.encode() for text in (base, ours, theirs)))[1], "git merges it by itself"
    text = merged(path, base, ours, theirs)
    assert text is not None
    old, us, them, new = (Counter(each.split("\n")) for each in (base, ours, theirs, text))
    gone = (old - us) + (old - them)
    assert not ((us | them) - gone) - new
    assert new.keys() <= us.keys() | them.keys()
    assert all(new[line] == old[line] - gone[line] for line in gone)
    yaml.safe_load(text)


UNTOUCHED = after("      - run: make setup")
CONTRADICTIONS = {
    "both change one value": (
        WORKFLOW,
        [("    timeout-minutes: 45\n", after("    timeout-minutes: 60"))],
        [("    timeout-minutes: 45\n", after("    timeout-minutes: 30"))],
    ),
    "one changes what the other comments on": (
        WORKFLOW,
        [("    timeout-minutes: 45\n", after("    timeout-minutes: 45  # enough for us"))],
        [("    timeout-minutes: 45\n", after("    timeout-minutes: 30"))],
    ),
    "one deletes what the other changes": (
        WORKFLOW,
        [("    timeout-minutes: 45\n", "")],
        [("    timeout-minutes: 45\n", after("    timeout-minutes: 30"))],
    ),
    "both add a step: steps have an order": (
        WORKFLOW,
        [(LAST_STEP, LAST_STEP + after("      - run: make ours"))],
        [(LAST_STEP, LAST_STEP + after("      - run: make theirs"))],
    ),
    "both add a value of a key that has an order": (
        INBOUND,
        [("                - cancelled\n", after("                - cancelled", "                - ours"))],
        [("                - cancelled\n", after("                - cancelled", "                - theirs"))],
    ),
    "both add one column, with different content": (
        STAGING,
        [("", after("      - name: loyalty", "        description: Ours"))],
        [("", after("      - name: loyalty", "        data_type: text"))],
    ),
    "both add one test, with different arguments": (
        STAGING,
        [(NOT_NULL, NOT_NULL + after("          - in_range:", "              arguments: {min: 0}"))],
        [(NOT_NULL, NOT_NULL + after("          - in_range:", "              arguments: {min: 1}"))],
    ),
    "both rename one column": (
        STAGING,
        [("      - name: email\n", after("      - name: mail"))],
        [("      - name: email\n", after("      - name: e_mail"))],
    ),
    "both add one job": (
        WORKFLOW,
        [("", after("  lint:", "    runs-on: ubuntu-24.04"))],
        [("", after("  lint:", "    uses: ./lint.yml"))],
    ),
}


@pytest.mark.parametrize("case", CONTRADICTIONS)
@pytest.mark.parametrize("swapped", [False, True], ids=["", "swapped"])
def test_contradictions_stay_as_git_made_them(case, swapped):
    path, by_us, by_them = CONTRADICTIONS[case]
    base = generated(path)
    sides = [changed(base, *by_us), changed(base, *by_them)]
    texts = [text.encode() for text in (base, *(reversed(sides) if swapped else sides))]
    assert merge_texts(path, *texts) == merge_texts("lines.txt", *texts)
    assert merge_texts(path, *texts)[1]


SMALL = """\
models:
  - name: orders
    columns:
      - name: id
      - name: total
"""
SPECIAL = {
    "an anchor": ("name: id", "name: &id id"),
    "a merge key": ("models:\n", "x:\n  <<: {a: 1}\nmodels:\n"),
    "a tag": ("name: id", "name: !env id"),
    "two documents": ("models:\n", "a: 1\n---\nmodels:\n"),
    "a key twice": ("models:\n", "models: 1\nmodels:\n"),
    "a name twice": ("      - name: id\n", "      - name: id\n      - name: id\n"),
    "invalid YAML": ("models:\n", "a: [\nmodels:\n"),
    "invalid UTF-8": ("name: id", "name: id  # \udcff"),
    "an unusual line break": ("name: id", "name: id  # \x85"),
}


@pytest.mark.parametrize("case", SPECIAL)
@pytest.mark.parametrize("side", range(3), ids=["base", "ours", "theirs"])
def test_what_is_not_plain_yaml_is_left_to_git(case, side):
    end = "      - name: total\n"
    texts = [
        SMALL,
        changed(SMALL, (end, end + "      - name: ours\n")),
        changed(SMALL, (end, end + "      - name: theirs\n")),
    ]
    assert merged("a.yml", *texts)
    texts[side] = changed(texts[side], SPECIAL[case])
    sides = [text.encode("utf-8", "surrogateescape") for text in texts]
    assert merge_texts("a.yml", *sides) == merge_texts("lines.txt", *sides)
    assert merge_texts("a.yml", *sides)[1]


def test_the_lines_of_ours_stay_as_they_are():
    """Whatever their style: other quotes and indentation, odd comments, empty lines, no final newline."""
    base = textwrap.dedent("""\
        # the head
        ---
        models:
        - name: "orders"   # quoted

          columns:

          - { name: id, description: 'it''s the key' }
          # of the next one

          - name: total
            description: >-
              of all
              # no comment
            # deep
          # deeper than the list
        # the end""")
    ours = changed(base, ("    # deep\n", "    # ours, deep\n  - name: ours\n"))
    theirs = changed(base, ("    # deep\n", "    # deep\n  - name: tax\n    description: |\n        Theirs\n"))
    text = merged("a.yml", base, ours, theirs)
    assert text == ours.replace(
        "  - name: ours\n", "  - name: tax\n    description: |\n        Theirs\n  - name: ours\n"
    )


def test_comments_stay_with_their_entries():
    end = "      - name: total\n"
    ours = changed(SMALL, (end, f"      # with taxes\n\n{end}        # and fees\n      # no more\n"))
    theirs = changed(SMALL, (end, f"      - name: theirs\n{end}      - name: last\n"))
    assert merged("a.yml", SMALL, ours, theirs) == (
        "models:\n  - name: orders\n    columns:\n      - name: id\n      - name: theirs\n      # with taxes\n\n"
        "      - name: total\n        # and fees\n      - name: last\n      # no more\n"
    )


def test_crlf_stays():
    texts = [
        changed(SMALL, ("", end)).replace("\n", "\r\n")
        for end in ("", "      - name: ours\n", "      - name: theirs\n      - name: more\n")
    ]
    text = merged("a.yml", *texts)
    assert text == changed(texts[2], ("", "      - name: ours\r\n"))


def test_additions_merge_into_a_list_with_other_indentation():
    """Reformatting a file does not change its meaning."""
    ours = "models:\n- name: orders\n  columns:\n  - name: id\n  - name: total\n  - name: ours\n"
    theirs = SMALL + "      - name: theirs\n        data_tests:\n          - unique\n"
    text = merged("a.yml", SMALL, ours, theirs)
    assert text == (
        "models:\n- name: orders\n  columns:\n  - name: id\n  - name: total\n"
        "  - name: theirs\n    data_tests:\n      - unique\n  - name: ours\n"
    )


BROKEN = {
    "one key": (
        "models:\n  - name: orders\n    description: Orders\n    config: {}\n    meta: {}\n",
        ("    description", "    columns:\n      - name: ours\n    description"),
        ("    meta: {}\n", "    meta: {}\n    columns:\n      - name: theirs\n"),
        "models:\n  - name: orders\n    columns:\n      - name: theirs\n      - name: ours\n"
        "    description: Orders\n    config: {}\n    meta: {}\n",
    ),
    "one column": (
        SMALL + "      - name: tax\n      - name: net\n",
        ("      - name: id\n", "      - name: day\n      - name: id\n"),
        ("      - name: net\n", "      - name: net\n      - name: day\n"),
        SMALL.replace("      - name: id\n", "      - name: day\n      - name: id\n")
        + "      - name: tax\n      - name: net\n",
    ),
    "one key, with other values": (
        "a: 1\nb: 2\nc: 3\nd: 4\n",
        ("a: 1\n", "z: ours\na: 1\n"),
        ("d: 4\n", "d: 4\nz: theirs\n"),
        None,
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_git_finds_no_conflict_where_both_add_one_thing_in_two_places(case):
    """A merge by lines would duplicate it: the file is merged by its keys, or is a conflict."""
    base, by_us, by_them, expected = BROKEN[case]
    texts = base, changed(base, by_us), changed(base, by_them)
    assert not merge_texts("lines.txt", *(text.encode() for text in texts))[1]
    assert merged("a.yml", *texts) == expected
