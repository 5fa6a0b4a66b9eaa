"""Generates the tables of a source: every key is unique, and every foreign key has its row."""

from __future__ import annotations

import math
import random
import re

from ingest.spec import Reference, Source, Table
from sample.draft import Draft, Rows, unique_sets
from sample.keys import make_key
from sample.links import (
    drop_dangling,
    follow_parents,
    keep_unique,
    lines_of,
    link,
    link_to_itself,
)
from sample.order import filled_by, in_order, trees
from sample.people import countries_of
from sample.times import fill_dates, row_times_of
from sample.totals import settle
from sample.values import values_of

# A fact has this many times the rows of a table with the role.
SHARE = {"fact": 1, "bridge": 1, "dimension": 5, "reference": 20}
# Of these there are few, whatever their role.
FEW = re.compile(
    r"categor|type|kind|group|status|department|brand|class|segment|region|channel|currenc|unit"
    r"|warehouse|store|branch|promotion|campaign|coupon|employee|staff"
)
FEWEST = 12


def make_tables(source: Source, rows: int) -> dict[str, Rows]:
    """The rows of every table, as columns of Python values; a fact has about `rows` rows."""
    ordered, deferred = in_order(source.tables)
    drafts: dict[str, Draft] = {}
    for table in ordered:
        waiting = deferred.get(table.name, [])
        drafts[table.name] = _fill(source, table, rows, drafts, waiting)
    for name, references in deferred.items():
        for reference in references:
            link(drafts[name], reference, drafts, replace=True)
        keep_unique(drafts[name])
    while drop_dangling(drafts):
        pass
    settle(drafts)
    return {name: draft.rows for name, draft in drafts.items()}


def _fill(
    source: Source, table: Table, rows: int, drafts: dict[str, Draft], waiting: list[Reference]
) -> Draft:
    header = drafts.get(table.line_of or "")
    if header:
        times = [header.times[row] for row in lines_of(header)]
    else:
        chance = random.Random(f"{source.name}.{table.name}.times")
        times = row_times_of(table, _count(table, rows), chance)
    draft = Draft(table, source.name, len(times), times)
    made = list(drafts)
    to_others = sorted(
        (each for each in table.references if each.to != table.name and each not in waiting),
        # The parent that refers to other parents comes first: the address follows the customer.
        key=lambda each: (-len(each.columns), -made.index(each.to)),
    )
    for names in unique_sets(table):
        if not any(name in draft.rows for name in names) and not _is_text(table, names):
            make_key(draft, names, to_others, drafts)
    for reference in to_others:
        if not draft.has(reference.columns):
            link(draft, reference, drafts)
    follow_parents(draft, drafts)
    _fill_columns(
        draft, drafts, {name for each in waiting for name in each.columns if draft.optional(name)}
    )
    for column in table.columns:
        draft.rows.setdefault(column.name, [None] * draft.count)
    keep_unique(draft)
    return draft


def _count(table: Table, rows: int) -> int:
    share = SHARE.get(table.role, 1)
    if share > 1 and FEW.search(table.name):
        # 16 for 1,000 rows of a fact, 71 for 20,000.
        return max(min(rows, FEWEST), math.isqrt(rows) // 2 + 1)
    if share > 1 and any(column.pii for column in table.columns):
        # Each customer has an address, even if a column of an address is all that is needed.
        share = SHARE["dimension"]
    return max(min(rows, FEWEST), rows // share)


def _is_text(table: Table, names: tuple[str, ...]) -> bool:
    """Whether the only column is a text of its own, such as an e-mail address, and not the key."""
    linked = {name for reference in table.references for name in reference.columns}
    column = next(column for column in table.columns if column.name == names[0])
    plain = column.type == "text" and not column.values and column.name not in linked
    return len(names) == 1 and names != table.key and plain


def _fill_columns(draft: Draft, drafts: dict[str, Draft], later: set[str]) -> None:
    """Fill the columns that refer to no other table, those that others need first."""
    own = trees(draft.table)
    linked = {name for reference in own for name in filled_by(reference)} | later
    # A status follows from the dates, and a name from the country, which is often a listed value.
    journeys = fill_dates(draft, {*draft.rows, *linked})
    columns = [column for column in draft.table.columns if column.name not in linked]
    listed = [column for column in columns if column.values]
    for column in (*listed, *columns):
        if column.name in draft.rows:
            continue
        if not column.values:
            _link_own(draft, own)
            draft.countries = draft.countries or countries_of(draft, drafts)
        draft.rows[column.name] = values_of(draft, drafts, column, journeys)
    draft.countries = draft.countries or countries_of(draft, drafts)
    _link_own(draft, own)


def _link_own(draft: Draft, references: list[Reference]) -> None:
    """Link the rows to each other as soon as the columns that they refer to are filled."""
    for reference in references:
        fixed = {*reference.columns} - filled_by(reference)
        if draft.has([*reference.to_columns, *fixed]) and not draft.has(reference.columns):
            link_to_itself(draft, reference)
