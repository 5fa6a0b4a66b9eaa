"""The stages in the life of a row, as the names of columns and statuses tell them."""

from __future__ import annotations

import re
from enum import IntEnum


class Stage(IntEnum):
    """What happens to an order, a customer or a subscription, in order of time."""

    STARTED = 1
    ORDERED = 2
    PAID = 3
    SENT = 4
    DELIVERED = 5
    COMPLETED = 6
    CANCELLED = 7
    RETURNED = 8
    GONE = 9
    UPDATED = 10
    # Not events but plans, which can lie in the future.
    DUE = 11
    UNTIL = 12
    # Long before the row exists.
    BORN = 13


# Tried in this order on the words of a name, in which a number is no letter: `cancelled_at`,
# `order_date`. The last words come first: `order_updated_at` is an update.
WORDS: list[tuple[Stage, str]] = [
    (Stage.BORN, r"birth|dob$|born"),
    (Stage.UPDATED, r"updat|modif|chang|edit|last_|latest|sync|load|seen|touch"),
    (Stage.DUE, r"due|requir|expect|estimat|promis|plan|schedul|target|deadline"),
    (Stage.UNTIL, r"_ends?$|^ends?_|_ends?_|until|_to$|expir|through|thru"),
    (Stage.GONE, r"delet|remov|archiv|eras|purg|terminat|discontinu|inactiv|churn|suspend|block"),
    (Stage.CANCELLED, r"cancel|reject|fail|declin|void|abort|withdraw|lost|refus"),
    (Stage.RETURNED, r"return|refund|disput|chargeback"),
    (Stage.COMPLETED, r"^clos|_clos|resolv|finish|complet|ended|done|solved"),
    (Stage.DELIVERED, r"deliver|arriv|receiv|fulfil|collected"),
    (Stage.SENT, r"ship|sent|send|dispatch|pick|pack|depart|transit"),
    (
        Stage.PAID,
        r"paid|pay|invoic|bill|confirm|accept|approv|authori|captur|process|publish|activ",
    ),
    (
        Stage.STARTED,
        r"creat|sign|regist|join|hire|found|insert|added|since|start|begin|from|launch",
    ),
    (Stage.ORDERED, r"order|purchas|book|plac|request|submit|appl|issue|open|new$|pending|draft"),
]
# The share of rows that leave the usual course.
EXCEPTIONS = {Stage.CANCELLED: 0.04, Stage.RETURNED: 0.05, Stage.GONE: 0.03}


def stage_of(name: str) -> Stage | None:
    """The stage that the name of a column or a status tells, or None."""
    words = re.sub(r"[^a-z]+", "_", name.lower())
    return next((stage for stage, pattern in WORDS if re.search(pattern, words)), None)
