"""Which columns of a table are measures, and over what they may be summed (Kimball: additive, semi-additive, …).

The proposal of a source and the plan use this one rule; `measure:` in the spec overrules it for a column.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from platform_new.spec.data_type import DataType
from platform_new.spec.models import Table
from platform_new.spec.scalars import Additivity
from platform_new.spec.words import without_prefix, words_of

NUMBERED = frozenset(
    """
    id uuid guid key sk fk pk code no nr number type kind enum status state flag hash checksum index idx position pos
    rank ranking order ordinal sort sequence seq level version revision year month day dow week quarter hour minute
    weekday lat latitude lon lng longitude zip phone fax postcode zipcode priority digit precision decimal place
    installment instalment line round lap page row column mask bit bitmask pid port x y z age grade class category
    group mode ref reference offset birth extension chapter season episode part
    """.split()
)
"""Last words of numbers that name, place or order something: no measures."""
NUMBERED_FIRST = frozenset("is has can allow use enable show hide nr no number id".split())
FLAGS = frozenset(
    """
    active enabled disabled deleted visible reversed locked hidden required mandatory default discontinued approved
    verified confirmed penalty primary public private archived processed recursable
    """.split()
)
"""Words of yes/no columns that a database stores as numbers."""
NO_IDENTIFIER = frozenset("paid unpaid prepaid repaid overpaid underpaid bid grid valid invalid void avoid mid".split())
"""Words that end in `id` and identify nothing."""

OVER_TIME = frozenset(
    """
    balance bal outstanding remaining overdue stock inventory available avail onhand hand cumulative cum running
    backlog headcount arrears reserve holding open
    """.split()
)
"""Words of levels: they may be summed over everything but time."""
LEVELS_OF = frozenset("balance holding inventory stock snapshot standing".split())
"""Last words of tables whose quantities are levels at a time."""

TOTALS = frozenset("total subtotal amount amt ext extended sum paid gross net spent".split())
"""Words that make a price or a tax an amount of money, which may be summed."""
RATES = frozenset(
    """
    price rate percent percentage pct ratio share factor multiplier margin discount tax vat temperature temp score
    rating average avg mean median per stddev variance min minimum max maximum cap limit lower upper low high
    threshold altitude elevation speed velocity density probability confidence temperature humidity pressure
    index markup multiple yield apr apy interval frequency radius angle bound dose concentration
    """.split()
)
"""Words of numbers that no sum makes sense of."""
BOUNDS = frozenset("min minimum max maximum avg average threshold limit cap".split())
"""Words of bounds and means: never summed, not even of amounts."""
UNITS = frozenset("unit uom".split())
OF_ONE = frozenset("unit supply standard wholesale list replacement per each".split())
"""Words before an amount that is of one unit, such as `unit_cost`."""
AMOUNTS = frozenset("amount amt cost price value charge".split())
COUNTS = frozenset("count cnt num number qty quantity size length milliseconds duration seconds minutes hours".split())


@dataclass(frozen=True)
class Measure:
    """The additivity of a column, with the reason."""

    additivity: Additivity
    because: str


def find_measures(
    table: str, columns: Iterable[tuple[str, DataType]], no_measures: Collection[str]
) -> dict[str, Measure]:
    """The measures of a table by column; `no_measures` are its keys and foreign keys."""
    columns = list(columns)
    bare = without_prefix([name for name, _ in columns])
    words = {name: words_of(short) for name, short in bare.items()}
    has_unit = any(UNITS & set(each) for each in words.values())
    return {
        name: _additivity(words[name], words_of(table), has_unit)
        for name, data_type in columns
        if data_type.is_number
        and name not in no_measures
        and not _is_numbered(words[name], bare[name])
        and not _is_flag(words[name][-1], data_type)
    }


def measures_of(table: Table) -> dict[str, Measure]:
    """The measures of a table of the spec by column, as their names say."""
    linked = {column.name for column in table.columns if column.references}
    linked |= {column for reference in table.references for column in reference.columns}
    columns = [(column.name, column.data_type) for column in table.columns if not column.exclude]
    return find_measures(table.name, columns, {*table.key, *linked})


def additivity_of(table: Table) -> dict[str, Additivity]:
    """How each measure of a table may be summed: as the spec says, or else as its name says."""
    found = {name: measure.additivity for name, measure in measures_of(table).items()}
    found |= {column.name: column.measure for column in table.columns if column.measure}
    return {name: additivity for name, additivity in found.items() if additivity != "none"}


def names_something(words: tuple[str, ...]) -> bool:
    """Whether a column with these words identifies a row of another table: `user_id`, `productkey`, `part_no`."""
    last = words[-1]
    return last in ("id", "uuid", "guid", "key", "sk", "fk") or (
        last.endswith("id") and len(last) > 4 and last not in NO_IDENTIFIER
    )


def _is_numbered(words: tuple[str, ...], name: str) -> bool:
    """Whether a number only names, places or orders something, or answers yes or no."""
    if words[0] in ("num", "number", "no", "nr") and len(words) > 1 and words[-1] not in ("id", "key"):
        return False
    last = words[-1]
    # `lap` says which, `laps` how many.
    one = name.endswith(last)
    return (
        names_something(words)
        or (one and last in NUMBERED)
        or (last.isdigit() and len(words) > 1 and words[-2] in NUMBERED)
        or words[0] in NUMBERED_FIRST
    )


def _is_flag(last: str, data_type: DataType) -> bool:
    """Whether a small number is a yes or no, such as `waived` or `is_active`."""
    return last in FLAGS or (data_type.base == "smallint" and last.endswith("ed"))


def _additivity(words: tuple[str, ...], table: tuple[str, ...], has_unit: bool) -> Measure:
    named = set(words)
    if table[-1] in ("price", "rate") or (table[-1] == "history" and table[-2:-1] in (("price",), ("rate",))):
        return Measure("non_additive", "a row of a price list: an average makes sense, a sum does not")
    if named & OF_ONE and named & AMOUNTS:
        return Measure("non_additive", "for one unit: multiply it by the quantity before you sum it")
    if named & OVER_TIME:
        return Measure("semi_additive", "a level at a time: do not sum it over time")
    if words[-1] in COUNTS and not named & BOUNDS and not named & (RATES - {"score"}):
        if table[-1] in LEVELS_OF or (set(table) & LEVELS_OF and words[-1] in ("quantity", "qty")):
            return Measure("semi_additive", "a level at a time: do not sum it over time")
        return Measure("additive", "a count or an extent")
    if named & BOUNDS or (named & RATES and not named & TOTALS):
        rate = next(word for word in words if word in RATES | BOUNDS)
        return Measure("non_additive", f"a sum of values of the kind {rate} means nothing")
    if has_unit and named & {"value", "reading"}:
        return Measure("non_additive", "values of several units cannot be summed")
    if table[-1] in LEVELS_OF and words[-1] in ("amount", "point", "win"):
        return Measure("semi_additive", "a level at a time: do not sum it over time")
    return Measure("additive", "an amount")
