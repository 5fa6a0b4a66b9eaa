"""Words of the field that say what a column points to where no table has their name."""

from __future__ import annotations

from platform_new.introspect.keys.words import singular


def _forms(text: str) -> frozenset[str]:
    return frozenset(map(singular, text.split()))


RELATIONS = _forms(
    "ancestor base child copied descendant duplicate following link linked main master merged next old original origin"
    " parent preceding predecessor prev previous related replaced replacement reversal reversed root"
    " source successor superior target top"
)
"""A name of only these words points to another row of the same table, or from a history to the original."""

REPORTS_TO = (singular("reports"), "to")
"""The name of the superior of an employee."""

COPIES = _forms("archive archived audit backup copy hist history historical log revision revisions version versions")
"""The last words of tables that hold former states of another table's rows."""

PEOPLE = tuple(map(singular, "user people person member employee staff account customer client contact".split()))
STAFF = tuple(map(singular, "staff employee worker person people user".split()))
"""The tables that a role of a person points to, the likeliest first."""

PERSON_ROLES = _forms(
    "admin assigned assignee checker coach contributor followee friend friends from guest host impersonated invitee"
    " maker participant payee poster recipient to"
)
STAFF_ROLES = _forms(
    "advisor agent cashier clerk consultant doctor driver instructor manager nurse officer physician rep representative"
    " salesman salesperson supervisor teacher teller"
)
"""Words for what somebody does in a row; other words in `er` and `or` are such roles unless they are THINGS."""

THINGS = _forms(
    "adapter carrier center charter chapter cluster color computer container counter error factor filter folder header"
    " layer letter manufacturer master meter number offer order parameter printer provider publisher quarter register"
    " router sector semester sensor server supplier tower tracker transfer trigger vector vendor voucher"
)

GENERIC_ENDS = _forms(
    "data detail dim dimension file header info information list lookup main map master name record ref table type"
)
"""Last words of tables that their references leave out: `date_dim`, `kind_type`, `customer_master`."""

COUNTERS = _forms("index idx line lap no number order ordinal position rank seq sequence stop version")
"""Words of columns that count the rows of a header, and so complete its key."""

PARENTS = _forms("ancestor parent superior")
"""First words of names that point to another row of the same table, unless a table has the rest of the name."""

PREPOSITIONS = _forms("at by for from in of on one to two via")
"""Words that a name goes on with after the table that it points to: `country_of_birth`."""

CLASSES = _forms("category class code group kind level mode priority reason role state status type unit")
"""Words that many things have: `status_id` points to `task_statuses` only where the name or its table says `task`."""

COMMON = _forms("code date description email label name number slug status text title token type url value")
"""Names of columns that are unique in many tables without pointing to each other."""
