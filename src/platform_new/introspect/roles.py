"""Proposes the role of each table: a fact, the lines of a fact, a dimension, a bridge or a reference.

The terms are those of Kimball and Ross, "The Data Warehouse Toolkit"; the evidence is keys, times, measures and names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from platform_new.spec.data_type import DataType

MANY_ROWS = 100

WHEN = r"(_?(date|time|at|on|ts|dt|timestamp|datetime|utc|date_time))?"
UPDATED = re.compile(
    rf"(last_?|row_?|record_?)?(update[ds]?|modif(y|ied)|modification|change[ds]?|touched|edited){WHEN}(_?(utc|gmt))?"
)
CREATED = re.compile(
    r"(row_?|record_?|date_?)?(creat(e|ed|ion)|insert(ed)?|added|load(ed)?|ingested|synced|extracted|deleted|archived)"
    rf"{WHEN}(_?(utc|gmt))?"
)
LIFETIME = re.compile(
    r"(\w+_)?(hired?|birth|born|open(ed|ing)?|found(ed|ing)|establish(ed)?|expir(y|es|ed|ation)|valid|start(ed|s)?|"
    r"end(ed|s)?|begin|from|to|until|effective|discontinued|released?|launch(ed)?|since|joined|registered|"
    r"termination|terminated|license)(_(date|at|on|time|from|to|until|day))?|dob|date_of_birth|\w*birth_?da(te|y)"
)
HAPPENED = re.compile(
    r"(date|day|dt|ts|time|timestamp|datetime|occurred|happened|event|order(ed)?|sold|sale|purchased?|paid|payment|"
    r"placed|booked|sent|received|rent(al|ed)|visited|clicked|posted|published|logged|tweeted|transaction|trans|"
    r"measured|recorded|submitted|request(ed)?|invoiced?|billed|transfer(red)?|called|played|viewed|trip|pickup|"
    r"flight|departure|scheduled)(_(date|at|on|time|ts|timestamp|datetime|utc))*"
)
EVENTS = {
    "activity", "appointment", "attempt", "audit", "bid", "bill", "booking", "call", "charge", "checkin", "claim",
    "click", "comment", "consumption", "deal", "delivery", "deposit", "donation", "enrollment", "event", "expense",
    "flight", "impression", "incident", "invoice", "journal", "ledger", "log", "measurement", "message", "metric",
    "movement", "observation", "order", "payment", "play", "posting", "pageview", "purchase", "rating", "reading",
    "receipt", "refund", "rental", "request", "reservation", "return", "review", "sale", "session", "shipment",
    "snapshot", "ticket", "trade", "transaction", "transfer", "trip", "tweet", "view", "visit", "vote", "workorder"
}  # fmt: skip
ENTITIES = {
    "branch", "client", "customer", "driver", "employee", "member", "passenger", "patient", "people", "person",
    "player", "shop", "staff", "store", "student", "teacher", "user"
}  # fmt: skip
"""People and places of a business: dimensions of their own even if only other dimensions point to them."""

LINES = ("item", "line", "detail", "lineitem")
NO_MEASURE = re.compile(
    r"(\w+_)?(id|no|nr|num|number|code|key|year|month|day|week|quarter|hour|version|order|sort|sequence|seq|position|"
    r"rank|level|line|status|type|state|flag|active|enabled|latitude|longitude|lat|lon|lng|zip|phone|discontinued|"
    r"ordinal|priority|age)"
)


@dataclass(frozen=True)
class Field:
    """The properties of a column that roles depend on."""

    name: str
    type: str
    required: bool

    @property
    def data_type(self) -> DataType:
        """The column's type."""
        return DataType.parse(self.type)


@dataclass(frozen=True)
class Pointer:
    """A foreign key to another table: its columns, and whether every row has a value."""

    columns: tuple[str, ...]
    to: str
    required: bool


@dataclass(frozen=True)
class Shape:
    """The properties of a table that its role depends on.

    Names are the platform's. `pointers` exclude self-references, which make the table a hierarchy.
    """

    name: str
    fields: tuple[Field, ...]
    key: tuple[str, ...] = ()
    pointers: tuple[Pointer, ...] = ()
    rows: int | None = None
    is_hierarchy: bool = False


@dataclass(frozen=True)
class Role:
    """A proposed role with its reason, and `line_of` and `event_time` with their reasons if the table has them."""

    role: str
    because: str
    line_of: str | None = None
    line_because: str = ""
    event_time: str | None = None
    event_because: str = ""


@dataclass
class _Tables:
    """The tables with the conclusions so far."""

    shapes: Mapping[str, Shape]
    referrers: Mapping[str, set[str]]
    bridges: set[str] = field(default_factory=set)
    facts: dict[str, str] = field(default_factory=dict)
    lines: dict[str, tuple[str, str]] = field(default_factory=dict)


def propose_roles(shapes: Iterable[Shape]) -> dict[str, Role]:
    """The role of each table, by its name."""
    by_name = {shape.name: shape for shape in shapes}
    referrers: dict[str, set[str]] = {name: set() for name in by_name}
    for shape in by_name.values():
        for pointer in shape.pointers:
            referrers[pointer.to].add(shape.name)
    tables = _Tables(by_name, referrers)
    tables.bridges = {shape.name for shape in by_name.values() if _is_bridge(shape)}
    _find_facts(tables)
    references = _references(tables)
    return {shape.name: _role(shape, tables, references) for shape in by_name.values()}


def is_update_time(name: str) -> bool:
    """Whether a column of this name records when a row last changed."""
    return bool(UPDATED.fullmatch(name))


def is_audit_time(column: Field) -> bool:
    """Whether a column only records when its row was created or changed."""
    return column.data_type.is_time and bool(UPDATED.fullmatch(column.name) or CREATED.fullmatch(column.name))


def _is_bridge(shape: Shape) -> bool:
    within = [pointer for pointer in shape.pointers if set(pointer.columns) <= set(shape.key)]
    covered = {column for pointer in within for column in pointer.columns}
    others = [column for column in shape.fields if column.name not in shape.key]
    return len(within) >= 2 and covered == set(shape.key) and all(is_audit_time(column) for column in others)


def _find_facts(tables: _Tables) -> None:
    for shape in tables.shapes.values():
        if shape.name not in tables.bridges and (reason := _may_be_fact(shape, tables)):
            tables.facts[shape.name] = reason
    while _find_lines(tables) or _drop_referenced(tables):
        pass


def _may_be_fact(shape: Shape, tables: _Tables) -> str:
    """Why the table looks like a fact by itself; empty if it does not."""
    measures, pointers = _measures(shape), shape.pointers
    time, own_word = _event_time(shape), _is_event_word(shape.name)
    counts = _counted(len(pointers), "foreign key"), _counted(len(measures), "measure")
    if time and not CREATED.fullmatch(time):
        if measures or len(pointers) >= 2 or (own_word and pointers):
            return ", ".join(("a date", *(count for count in counts if count)))
        if not tables.referrers[shape.name] and (own_word or pointers or shape.rows is None or shape.rows >= MANY_ROWS):
            return "events: it has a time, and nothing points to it"
    elif time and (own_word or (measures and pointers)) and (measures or len(pointers) >= 2 or own_word):
        return ", ".join(("a creation date", *(count for count in counts if count)))
    return ""


def _find_lines(tables: _Tables) -> bool:
    found = False
    for shape in tables.shapes.values():
        if shape.name in tables.bridges or shape.name in tables.lines:
            continue
        for pointer in shape.pointers:
            header = pointer.to
            if header not in tables.facts and header not in tables.lines:
                continue
            because = _is_line(shape, pointer, tables) if _leads_away(shape.name, header, tables) else ""
            if because:
                tables.lines[shape.name] = (header, because)
                tables.facts.setdefault(shape.name, f"lines of {header}")
                found = True
                break
    return found


def _leads_away(line: str, header: str, tables: _Tables) -> bool:
    while header in tables.lines:
        header = tables.lines[header][0]
        if header == line:
            return False
    return header != line


def _is_line(shape: Shape, pointer: Pointer, tables: _Tables) -> str:
    """Why the table holds the lines of the table that it points to; empty if it does not."""
    words, header = _words(shape.name), _words(pointer.to)
    named = words[-1] in LINES or "".join(words[-2:]) in LINES
    own_time = _event_time(shape)
    independent = own_time is not None and not CREATED.fullmatch(own_time)
    inner = set(pointer.columns) < set(shape.key)
    if not pointer.required or set(pointer.columns) == set(shape.key):
        return ""
    if inner and (named or _measures(shape) or len(shape.pointers) >= 2):
        return (
            f"its key starts with the key of {pointer.to}"
            if shape.key[0] in pointer.columns
            else f"its key contains the key of {pointer.to}"
        )
    if named and (len(shape.pointers) >= 2 or _measures(shape)):
        return f"its name, and every row points to {pointer.to}"
    continues = len(words) > len(header) and words[: len(header)] == header
    return f"its name extends {pointer.to}" if continues and not independent and _measures(shape) else ""


def _drop_referenced(tables: _Tables) -> bool:
    """Remove from the facts a table that other tables point to like a dimension; False if there is none."""
    for name in tables.facts.keys() - tables.lines.keys():
        shape = tables.shapes[name]
        others = {
            r for r in tables.referrers[name] if tables.lines.get(r, ("",))[0] != name and r not in tables.bridges
        }
        pointed_at = {pointer.to for pointer in shape.pointers}
        as_dimension = {
            r for r in others if r not in tables.facts and tables.referrers[r] - {name, r} and r not in pointed_at
        }
        if as_dimension or (others - pointed_at and not (shape.pointers and _surely_event(shape))):
            del tables.facts[name]
            for line in [line for line, (header, _) in tables.lines.items() if header == name]:
                del tables.lines[line]
                tables.facts.pop(line)
                if reason := _may_be_fact(tables.shapes[line], tables):
                    tables.facts[line] = reason
            return True
    return False


def _surely_event(shape: Shape) -> bool:
    time = _event_time(shape)
    return _is_event_word(shape.name) or (time is not None and _named_after(time, shape.name))


def _references(tables: _Tables) -> set[str]:
    found = {
        name
        for name, shape in tables.shapes.items()
        if name not in tables.bridges
        and name not in tables.facts
        and shape.key
        and tables.referrers[name]
        and not shape.is_hierarchy
        and _words(name)[-1] not in ENTITIES
    }
    while True:
        kept = {
            name
            for name in found
            if not tables.referrers[name] & (tables.bridges | tables.facts.keys())
            and {pointer.to for pointer in tables.shapes[name].pointers} <= found
        }
        if kept == found:
            return found
        found = kept


def _role(shape: Shape, tables: _Tables, references: set[str]) -> Role:
    name = shape.name
    if name in tables.bridges:
        return Role("bridge", "its key consists of foreign keys, and it has no other data")
    if name in tables.facts:
        header, because = tables.lines.get(name, (None, ""))
        time = _event_time(shape)
        if header and time and not (_named_after(time, name) and _required(shape, time)):
            time = None
        alone = [column.name for column in shape.fields if column.data_type.is_time and not is_audit_time(column)] == [
            time
        ]
        why = "" if alone or not time else _why_then(shape, time)
        return Role("fact", tables.facts[name], header, because, time, why)
    referrers = sorted(tables.referrers[name])
    if name in references:
        return Role("reference", f"only {_listed(referrers)} {'points' if len(referrers) == 1 else 'point'} to it")
    if referrers:
        return Role("dimension", f"{_listed(referrers)} {'points' if len(referrers) == 1 else 'point'} to it")
    return Role("dimension", "nothing points to it, and it has no event to measure")


def _why_then(shape: Shape, time: str) -> str:
    if _named_after(time, shape.name):
        return "named after the table"
    return "the first time that every row has" if _required(shape, time) else "the first time that can be an event time"


def _required(shape: Shape, column: str) -> bool:
    return any(candidate.required for candidate in shape.fields if candidate.name == column)


def _event_time(shape: Shape) -> str | None:
    """The time when the event happened: the column with the best name, or a creation time if there is no other."""
    times = [column for column in shape.fields if column.data_type.is_time and not UPDATED.fullmatch(column.name)]
    named = [c for c in times if _named_after(c.name, shape.name)]
    plain = [c for c in times if not CREATED.fullmatch(c.name) and (not LIFETIME.fullmatch(c.name) or c in named)]
    made = [c for c in times if CREATED.fullmatch(c.name) and not re.search("delet|archiv", c.name)]

    def worth(column: Field) -> tuple[bool, ...]:
        return (column in named, column.required, bool(HAPPENED.fullmatch(column.name)))

    best = max(plain, key=worth, default=None) or next(iter(made), None)
    return best.name if best else None


def _named_after(time: str, table: str) -> bool:
    """`order_date` and `ordered_at` are named after `orders`."""
    return _words(table)[-1][:5] == time[: len(_words(table)[-1][:5])] and not CREATED.fullmatch(time)


def _measures(shape: Shape) -> list[str]:
    linked = {column for pointer in shape.pointers for column in pointer.columns}
    return [
        column.name
        for column in shape.fields
        if column.data_type.is_number
        and column.name not in linked
        and column.name not in shape.key
        and not NO_MEASURE.fullmatch(column.name)
    ]


def _words(name: str) -> list[str]:
    return [_singular(word) for word in name.split("_") if word] or [name]


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    return word.removesuffix("s") if len(word) > 3 and not word.endswith(("ss", "us", "is")) else word


def _is_event_word(table: str) -> bool:
    return _words(table)[-1] in EVENTS


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}" if number else ""


def _listed(names: list[str]) -> str:
    if len(names) > 3:
        return f"{', '.join(names[:2])} and {len(names) - 2} others"
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
