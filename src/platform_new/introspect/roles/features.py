"""The features of a table that tell its role: what it points to, what it measures, when, and what else it says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from platform_new.introspect.roles.shape import Field, Shape
from platform_new.introspect.roles.times import EventTime, find_event_time, is_audit_time
from platform_new.introspect.roles.vocabulary import CONTACT, LABELS, LOOKUPS, NUMBERS, PEOPLE
from platform_new.spec.measures import Measure, find_measures, names_something
from platform_new.spec.words import TENANTS, without_prefix, words_of

EDITED = frozenset(
    """
    create created update updated modify modified lastmodified edit edited delete deleted change changed insert inserted
    approved submitted submittedon approvedon rejectedon closedon withdrawnon activatedon disbursedon writtenoffon
    rescheduledon verified validated
    """.split()
)
EDITORS = frozenset("updater editor modifier deleter creator createdby updatedby modifiedby lastmodifiedby".split())
ELSEWHERE = frozenset("external remote tracking session device request correlation cookie source legacy".split())
"""First words of ids that some other system gave."""
EVERYWHERE = 0.5
"""The share of tables with a column of the same name above which that column names the tenant."""
FEWEST = 8
"""How many tables must have it."""
TABLES = frozenset("header head hdr tbl table data master mst dim fact".split())
POSITIONS = frozenset("position order index sequence seq rank sort line number nr no idx ordinal priority".split())
KINDS = (LOOKUPS | frozenset("reason note comment code scope relation enum".split())) - LABELS


@dataclass(frozen=True)
class Link:
    """A reference to another row; `to` is None if the table is only presumed, from the column's name.

    `kind` is business, editor (who wrote the row) or tenant (whose data it is).
    """

    columns: tuple[str, ...]
    to: str | None
    required: bool
    kind: str = "business"

    @property
    def declared(self) -> bool:
        """Whether the table that it points to is known."""
        return self.to is not None


@dataclass(frozen=True)
class Features:
    """A table with the meaning of its columns; `links` are all references to other tables.

    `bare` has the words of each column, without the prefix that all columns share.
    """

    shape: Shape
    bare: Mapping[str, tuple[str, ...]]
    links: tuple[Link, ...]
    event_time: EventTime | None
    measures: Mapping[str, Measure]

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The words of the table's name, without those that only say that it is a table."""
        words = words_of(self.shape.name)
        while len(words) > 1 and words[-1] in TABLES:
            words = words[:-1]
        return words

    @cached_property
    def business(self) -> tuple[Link, ...]:
        """The references to other things of the business."""
        return tuple(link for link in self.links if link.kind == "business")

    @cached_property
    def linked(self) -> frozenset[str]:
        """The columns of all references."""
        return frozenset(column for link in self.links for column in link.columns)

    @cached_property
    def declared(self) -> frozenset[str]:
        """The columns of references to known tables."""
        return frozenset(column for link in self.links if link.declared for column in link.columns)

    @cached_property
    def others(self) -> tuple[Field, ...]:
        """The columns besides the surrogate key, references and audit times."""
        key = set(self.shape.key) if len(self.shape.key) == 1 else set()
        return tuple(
            field
            for field in self.shape.fields
            if field.name not in key | self.linked and not is_audit_time(field) and not self._is_about_row(field)
        )

    def _is_about_row(self, field: Field) -> bool:
        """Whether a column is about the row as a record: who wrote it, or another number of the row itself."""
        words = self.bare[field.name]
        numbered = (field.name,) in self.shape.uniques and names_something(words)
        return numbered or is_editor(words) or words in (("id",), ("uuid",), ("guid",), ("record", "id"))

    @cached_property
    def additive(self) -> tuple[str, ...]:
        """The columns that may be summed, at least over some dimensions."""
        return tuple(name for name, measure in self.measures.items() if measure.additivity != "non_additive")

    def has(self, *groups: frozenset[str], of: str = "") -> list[Field]:
        """The other columns whose last word is in one of the groups; `of` is a family of types."""
        return [
            field
            for field in self.others
            if any(self.bare[field.name][-1] in group for group in groups) and of in (field.data_type.family, "")
        ]

    @cached_property
    def labels(self) -> list[Field]:
        """The columns that name a row."""
        return [
            field
            for field in self.others
            if field.data_type.family == "text"
            and (self.bare[field.name][-1] in LABELS or self.bare[field.name] == self.words)
        ]

    @cached_property
    def numbers(self) -> list[Field]:
        """The document numbers: `number`, `invoice_no`, `reference`."""
        return [field for field in self.has(NUMBERS) if len(self.bare[field.name]) <= 2]

    @cached_property
    def contacts(self) -> list[Field]:
        """The columns of addresses."""
        return self.has(CONTACT)

    @cached_property
    def tellings(self) -> list[Field]:
        """The columns of text that do not name the row."""
        return [field for field in self.others if field.data_type.family == "text" and field not in self.labels]

    @cached_property
    def is_about_person(self) -> bool:
        """Whether a row points to a person: a user, a customer, a patient."""
        targets = [words_of(link.to)[-1] for link in self.business if link.to]
        return any(target in PEOPLE for target in targets) or any(
            set(self.bare[column]) & PEOPLE for link in self.business for column in link.columns
        )


def is_editor(words: tuple[str, ...]) -> bool:
    """Whether a column with these words says who wrote, changed or approved a row."""
    return (
        (len(words) > 1 and words[1] == "by" and words[0] in EDITED)
        or words[0] in EDITORS - {"creator"}
        or (words[:2] == ("last", "editor"))
        or (words[:3] == ("last", "modified", "by"))
        or (words[0] in EDITED and words[-1] == "userid")
    )


def find_features(shapes: Mapping[str, Shape]) -> dict[str, Features]:
    """The features of each table, by its name."""
    tenants = _tenants(shapes)
    return {name: _features(shape, tenants) for name, shape in shapes.items()}


def _tenants(shapes: Mapping[str, Shape]) -> frozenset[str]:
    """The names of columns that most tables have, and that point to whose data a row is."""
    counts = Counter(
        field.name
        for shape in shapes.values()
        for field in shape.fields
        if names_something(words_of(field.name)) and field.name not in shape.key
    )
    most = max(FEWEST, round(len(shapes) * EVERYWHERE))
    return frozenset(name for name, count in counts.items() if count >= most and not set(words_of(name)) & PEOPLE)


def _features(shape: Shape, tenants: frozenset[str]) -> Features:
    bare = {name: words_of(short) for name, short in without_prefix([f.name for f in shape.fields]).items()}
    links = [
        Link(pointer.columns, pointer.to, pointer.required, _kind(bare, pointer.columns, tenants))
        for pointer in shape.pointers
    ]
    linked = {column for link in links for column in link.columns}
    for field in shape.fields:
        if field.name not in linked and _seems_reference(field, bare[field.name], shape):
            required = field.required or field.name in shape.key
            links.append(Link((field.name,), None, required, _kind(bare, (field.name,), tenants)))
            linked.add(field.name)
    columns = [(field.name, field.data_type) for field in shape.fields]
    measures = find_measures(shape.name, columns, {*shape.key, *linked})
    return Features(shape, bare, tuple(links), find_event_time(shape), measures)


def _kind(bare: Mapping[str, tuple[str, ...]], columns: tuple[str, ...], tenants: frozenset[str]) -> str:
    if any(is_editor(bare[column]) for column in columns):
        return "editor"
    tenant = all(column in tenants or (bare[column][0] in TENANTS and len(bare[column]) == 2) for column in columns)
    return "tenant" if tenant else "business"


def _seems_reference(field: Field, words: tuple[str, ...], shape: Shape) -> bool:
    """Whether a column without a foreign key names a row of another table, by its name."""
    words = words[:-1] if words[-1].isdigit() else words
    is_own = not shape.key and field is shape.fields[0] and words[:-1] == words_of(shape.name)[-1:]
    return (
        len(words) > 1
        and words[-1] in ("id", "uuid", "sk")
        and words[0] not in ELSEWHERE
        and not is_own
        and words != ("record", "id")
        and shape.key != (field.name,)
        and (field.name,) not in shape.uniques
        and field.data_type.family in ("number", "text")
    )
