"""The event time of a table: when what its rows record happened in the business."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from platform_new.introspect.roles.shape import Field, Shape
from platform_new.spec.words import without_prefix, words_of

NOUNS = frozenset("date time at on ts dt timestamp datetime utc gmt d day of the".split())
"""Words that only say that a column is a time."""
UPDATED = frozenset(
    """
    update updated modify modified modification change changed touched edited edit activity lastmodified lastupdated
    lastupdate lastchanged lastedited lasactivity refreshed synced lastsynced bumped noted
    """.split()
)
CREATED = frozenset(
    "create created creation insert inserted added load loaded ingested imported import enriched".split()
)
LIFETIME = frozenset(
    """
    hire hired birth born dob open opened opening found founded founding establish established expire expired expiry
    expiration valid effective discontinued release released launch launched since joined joining register registered
    license activation activated rec retired until
    """.split()
)
"""Words of times in the life of a person or thing, or of the validity of a row."""
ENDS = frozenset("end ended ends ending to finish finished stop stopped until till thru".split())
STARTS = frozenset("start started starts begin began from since".split())
LATER = frozenset(
    """
    last latest close closed closing confirm confirmed capture captured cancel cancelled canceled revoke revoked
    delete deleted archive archived fail failed succeed succeeded complete completed approve approved reject rejected
    resolve resolved process processed pay paid refund refunded send sent read retry retried deactivate deactivated
    deactivates inactivated terminate terminated void voided finalize finalized accept accepted ship shipped deliver
    delivered receive received settle settled execute executed lost dispute met waived written writtenoff verified
    viewed seen locked disbursed matured withdrawn rescheduled return returned acknowledged published previous
    """.split()
)
"""Words of what happens to a row later; an earlier moment says when the event happened."""
AWAITED = frozenset("due expected estimated planned scheduled".split())
"""Words of times at which the event is to happen."""
AHEAD = frozenset(
    """
    next expire expires expired expiry expiration required target reminder
    reminder1 reminder2 reminder3 promised deadline commit future reserved available execute retry
    """.split()
)
"""Words of times that lie ahead when the row is written."""
MOSTLY_EMPTY = 0.5
"""The observed share of empty values above which a column is no event time if another one is filled."""

OWN, HAPPENED, STARTED, MADE, DUE, LATE, FUTURE, END = range(8)
"""How well a time says when a row's event happened, the best first."""

OPTIONAL = {STARTED: 2.1, MADE: 1.05}
"""By how many ranks an optional start or creation time counts as worse: a required date at which something falls due
is better than either."""


@dataclass(frozen=True)
class EventTime:
    """The best candidate; `rank` is one of the constants above."""

    column: str
    rank: int
    required: bool
    alone: bool

    @property
    def because(self) -> str:
        """Why it is this column; empty if there is no other time that it could be."""
        if self.alone:
            return ""
        return {
            OWN: "named after the table",
            HAPPENED: "says when it happened",
            STARTED: "when it began",
            MADE: "when the row was created: nothing else says when it happened",
        }.get(self.rank, "the first time that can be an event time")


def is_update_time(name: str) -> bool:
    """Whether a column of this name records when a row last changed."""
    words = set(words_of(name)) - NOUNS
    return bool(words & UPDATED) and not words - UPDATED - {"last", "row", "record", "system", "sys", "fivetran"}


def is_creation_time(name: str) -> bool:
    """Whether a column of this name records when a row was written."""
    words = set(words_of(name)) - NOUNS
    made = {word for word in words if word in CREATED or word.startswith("crea")}
    return bool(made) and not words - made - {"row", "record", "system", "original", "fivetran"}


def is_audit_time(column: Field) -> bool:
    """Whether a column only records when its row was created, changed, archived or deleted."""
    if not column.data_type.is_time:
        return False
    gone = set(words_of(column.name)) - NOUNS <= {"deleted", "archived", "deactivated", "inactivated", "discarded"}
    return is_update_time(column.name) or is_creation_time(column.name) or gone


def is_validity(words: Collection[str]) -> bool:
    """Whether a time with these words says from or until when its row is valid."""
    named = set(words) - NOUNS
    return bool(named & (STARTS | ENDS | {"valid", "effective", "rec"})) and not named - STARTS - ENDS - {
        "valid", "effective", "rec", "validity", "period"
    }  # fmt: skip


def find_event_time(shape: Shape) -> EventTime | None:
    """The time when the event of a row happened; None if the table has no time that can say so."""
    bare = without_prefix([field.name for field in shape.fields])
    times = [field for field in shape.fields if field.data_type.is_time and not is_update_time(field.name)]
    if not times:
        return None
    ranks = {field.name: _rank(field, bare[field.name], shape) for field in times}

    def worth(field: Field) -> tuple[bool, float, bool]:
        empty = field.null_share is not None and field.null_share > MOSTLY_EMPTY and not field.required
        rank = ranks[field.name] + (0 if field.required else OPTIONAL.get(ranks[field.name], 0))
        return empty, rank, not field.required

    best = min(times, key=worth)
    candidates = [field for field in times if ranks[field.name] < LATE]
    return EventTime(best.name, ranks[best.name], best.required, len(candidates) < 2)


def _rank(field: Field, bare: str, shape: Shape) -> int:
    words = [word for word in words_of(bare) if word not in NOUNS]
    named, table = set(words), set(words_of(shape.name))
    if named & ENDS and not named & STARTS:
        return END
    if is_creation_time(bare):
        return MADE
    if named & AHEAD:
        return FUTURE
    if named & AWAITED:
        return DUE
    if named & table and not named & (LATER | UPDATED) - table:
        return STARTED if named & STARTS else OWN
    if _names_alike(words, shape.name):
        return OWN
    if named & (LATER | UPDATED):
        return LATE
    if named & STARTS:
        return STARTED
    return HAPPENED


def _names_alike(words: list[str], table: str) -> bool:
    """`ordered_at` is named after `orders`, `txn_date` after `transactions`."""
    last = words_of(table)[-1]
    return any(len(word) > 4 and word[:5] == last[:5] for word in words)
