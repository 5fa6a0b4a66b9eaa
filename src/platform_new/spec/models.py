"""The specification of a platform: what `platform.yml` and `sources/<name>.yml` may say.

These models are the single definition. Prompts, flags, the JSON Schema for editors and the
reference page in docs/ are derived from them. They are frozen and know nothing of files;
rules that need more than one table are in `platform_new.spec.rules`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    create_model,
    field_validator,
)

from platform_new.catalog.axes import SOURCE_AXIS, listed, load_axes
from platform_new.spec.base import AnySource, Part
from platform_new.spec.calendar import Calendar
from platform_new.spec.consumers import Consumer
from platform_new.spec.data_type import BASES, DataType
from platform_new.spec.events.models import EventSource
from platform_new.spec.formula import Formula, known_formula
from platform_new.spec.scalars import (
    Additivity,
    History,
    HistoryOfTable,
    Identifier,
    OlderNames,
    Pii,
    Spelling,
    Text,
    Unit,
    known_duration,
    known_encoding,
    known_type,
    known_version,
    seconds_of,
)

UNIT = "What the number counts, such as `EUR` or `kg`."
UNIT_COLUMN = (
    "The column of the table that holds the unit of each row, such as `currency`: only rows of one unit can be summed."
)
INFERRED = (
    "Whether the reference was inferred from names and rows, because the source declares none. `refresh` keeps "
    "inferred references as they are in this file: if you remove one, it does not come back."
)


class Load(Part):
    """How a table is loaded: in full each time, or only the rows that changed since the last load."""

    mode: Literal["full", "incremental"] = Field(
        "full",
        description="`full` replaces the table each time; `incremental` merges the rows changed since the last load.",
    )
    cursor: Identifier | None = Field(None, description="The column that grows when a row changes (incremental only).")
    lag: Annotated[str, AfterValidator(known_duration)] | None = Field(
        None, description="How far back each load rereads to pick up rows that were committed late, such as `1 day`."
    )
    deletes: Literal["ignore", "mark"] = Field(
        "ignore",
        description="`mark` compares keys with the source on each load and soft-deletes missing rows (`is_deleted`).",
    )

    @property
    def lag_seconds(self) -> int:
        """The lag in seconds; 0 when none is set."""
        return seconds_of(self.lag) if self.lag else 0


class Format(Part):
    """How the text files of a table are laid out, and how their values are written (sources of kind `files`)."""

    delimiter: str = Field(",", min_length=1, max_length=1, description="The field separator (`.tsv`: a tab).")
    quote: str = Field(
        '"', max_length=1, description="The quote character of fields with delimiters or line ends, or none."
    )
    escape: str = Field(
        "", max_length=1, description="The escape character before a quote in a field, if quotes are not doubled."
    )
    encoding: Annotated[str, AfterValidator(known_encoding)] = Field(
        "utf-8", description="The encoding of the text, such as `cp1252`, `latin-1` or `utf-16`."
    )
    header: bool = Field(
        True, description="Whether the first line names the columns; otherwise they are `column1`, `column2`…"
    )
    skip: int = Field(0, ge=0, description="The number of lines before the header.")
    decimal: Literal[".", ","] = Field(".", description="The decimal separator of numbers.")
    thousands: Literal["", ".", ",", " ", "'"] = Field("", description="The thousands separator of numbers.")
    date: Text = Field("", description="The format of dates that are not ISO 8601, such as `%d.%m.%Y`.")
    timestamp: Text = Field("", description="The format of timestamps that are not ISO 8601, such as `%d.%m.%Y %H:%M`.")
    nulls: tuple[str, ...] = Field(
        (), description="Texts that stand for a missing value, such as `NULL`, in any column."
    )
    typed_nulls: tuple[str, ...] = Field(
        (), description="Like `nulls`, but not in columns of type text: there, `NA` may be Namibia."
    )
    max_rejects: int = Field(
        0,
        ge=0,
        description="How many lines may be rejected; rejected lines go to `raw_<source>._rejects`. If there are "
        "more, the table is not loaded.",
    )


Fold = Annotated[
    bool | None,
    Field(
        description="Whether marts fold the columns of the referenced row (`true`) or only keep the key (`false`); by "
        "default, as `dimension_parents` of the platform says and the limits of a model allow."
    ),
]


class Column(Part):
    """A column of a source table."""

    name: Identifier = Field(description="The column's name in the platform: lowercase letters, digits and `_`.")
    origin: str | None = Field(None, description="The column's name in the source, if it differs from `name`.")
    type: Annotated[str, AfterValidator(known_type)] = Field(
        description=f"One of {', '.join(BASES)}, or numeric(precision, scale)."
    )
    source_type: Text | None = Field(None, description="The type in the source, if `type` is less specific.")
    required: bool = Field(False, description="Whether every row has a value.")
    unique: bool = Field(False, description="Whether no two rows share a value.")
    references: str | None = Field(
        None,
        pattern=r"^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*){1,2}$",
        description="The column that this foreign key points to, as `table.column` of the same source.",
    )
    inferred: bool = Field(False, description=INFERRED)
    fold: Fold = None
    values: tuple[Any, ...] | None = Field(None, min_length=1, description="The values that the column accepts.")
    min: int | float | str | None = Field(None, description="The smallest value that the column accepts.")
    max: int | float | str | None = Field(None, description="The greatest value that the column accepts.")
    measure: Additivity | None = Field(
        None,
        description="How a fact's number may be summed: `additive` over all dimensions (amounts, counts), "
        "`semi_additive` over all but time (balances), `non_additive` never (prices, rates), `none` if it measures "
        "nothing (codes, positions). By default, its name decides.",
    )
    unit: Unit | None = Field(None, description=UNIT)
    unit_column: Identifier | None = Field(None, description=UNIT_COLUMN)
    history: History | None = Field(
        None,
        description="How dimensions show changes of this column (Kimball's types): `0` keep the original, `1` "
        "overwrite, `2` a row for each version, `3` also `previous_<column>`, `4` in a mini-dimension, `6` like `2`, "
        "also `current_<column>`; `true` is `2`, `false` is `1`. By default, as the table. For a foreign key, it also "
        "holds for what is folded along it.",
    )
    pii: Pii | None = Field(None, description="The kind of personal data that the column holds.")
    description: Text | None = Field(None, description="What the column means, in a sentence.")
    exclude: Text | None = Field(None, description="The reason why this column is not loaded.")
    renamed_from: Identifier | None = Field(None, description="The previous name of this column in the spec.")
    older_names: OlderNames = ()

    @property
    def source_name(self) -> str:
        """The column's name in the source, which may be empty in SQLite."""
        return self.name if self.origin is None else self.origin

    @property
    def data_type(self) -> DataType:
        """The column's type."""
        return DataType.parse(self.type)


Measured = TypeVar("Measured", Column, "DerivedMeasure")


class Reference(Part):
    """A foreign key of more than one column."""

    columns: tuple[Identifier, ...] = Field(min_length=2, description="The columns of this table.")
    to: Identifier = Field(description="The table that they point to, in the same source.")
    to_columns: tuple[Identifier, ...] = Field(
        min_length=2, description="The columns of that table, in the same order."
    )
    inferred: bool = Field(False, description=INFERRED)
    fold: Fold = None


class DerivedMeasure(Part):
    """A number that follows from the columns of a row; staging computes it, and every mart of the table has it."""

    name: Identifier = Field(description="The name of its column.")
    formula: Annotated[str, StringConstraints(max_length=300), AfterValidator(known_formula)] = Field(
        description="Sums, differences and products of number columns and numbers, such as `quantity * unit_price`. "
        "`coalesce(discount, 0)` stands for a missing value.",
    )
    type: Annotated[str, AfterValidator(known_type)] = Field(
        "numeric(18, 2)", description="A type of numbers, to which the result is rounded."
    )
    measure: Additivity = Field("additive", description="How it may be summed, as for a column.")
    unit: Unit | None = Field(None, description=UNIT)
    unit_column: Identifier | None = Field(None, description=UNIT_COLUMN)
    description: Text | None = Field(None, description="What it means, in a sentence.")

    @property
    def data_type(self) -> DataType:
        """Its type."""
        return DataType.parse(self.type)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the table that it needs."""
        return Formula.parse(self.formula).columns


def with_formulas(measures: Iterable[DerivedMeasure], names: Mapping[str, str]) -> tuple[DerivedMeasure, ...]:
    """The measures with other names for the columns that they need."""
    return tuple(
        with_unit(each.model_copy(update={"formula": str(Formula.parse(each.formula).renamed(names))}), names)
        for each in measures
    )


def with_unit(number: Measured, names: Mapping[str, str]) -> Measured:
    """The column or measure with another name for the column that holds its unit."""
    column = number.unit_column
    return number.model_copy(update={"unit_column": names[column]}) if column in names else number


class Table(Part):
    """A table of a source system: where it is, how it is loaded, what it means."""

    name: Identifier = Field(description="The table's name in the platform: lowercase letters, digits and `_`.")
    schema_: Spelling | None = Field(
        None, alias="schema", description="The schema (in MySQL: database) that holds the table."
    )
    origin: str | None = Field(
        None,
        description="The table's name in the source; for files, the path or pattern (`book.xlsx#Sheet`).",
    )
    version: Annotated[str, AfterValidator(known_version)] = Field(
        "1.0.0",
        description="The version of the contracts for the table and its mart: a change that breaks consumers raises "
        "the first number, any other change the second. `platform-new refresh --apply` raises it.",
    )
    description: Text | None = Field(None, description="What one row is, in a sentence.")
    role: Literal["fact", "dimension", "bridge", "reference", "operational"] = Field(
        "dimension",
        description="`fact`: something that happened or is measured. `dimension`: what facts are about. `bridge`: a "
        "pure link between other tables. `reference`: a lookup that is folded into the dimensions that refer to it. "
        "`operational`: needed to run the application (jobs, sessions, settings); loaded and staged, but in no mart.",
    )
    entity: Identifier | None = Field(
        None, description="The name of the mart built from it; by default the table's name."
    )
    former_entities: tuple[Identifier, ...] = Field((), description="The previous names of the mart, the newest first.")
    line_of: Identifier | None = Field(
        None, description="The header table that these lines belong to (orders for order lines); both become one fact."
    )
    event_time: Identifier | None = Field(
        None, description="The column that says when the fact happened; dimensions are looked up as of that time."
    )
    weights_of: Identifier | None = Field(
        None,
        description="For a bridge: the foreign key whose rows share one whole. The mart gets a `weight`, and the "
        "weights of all rows with the same value add up to one.",
    )
    history: HistoryOfTable | None = Field(
        None,
        description="How its dimension shows changes of the columns that do not say it themselves, by the same "
        "types. By default `2`, or `1` without a key.",
    )
    rows: int | None = Field(None, ge=0, description="The approximate row count when the source was last introspected.")
    load: Load = Field(default_factory=Load, description="How the table is loaded.")
    format: Format = Field(default_factory=Format, description="How its text files are laid out (kind `files` only).")
    key: tuple[Identifier, ...] = Field((), description="The columns of the primary key.")
    key_inferred: bool = Field(
        False, description="Whether the key was inferred from names and rows, because the source declares none."
    )
    unique: tuple[tuple[Identifier, ...], ...] = Field((), description="Further unique keys, each a list of columns.")
    references: tuple[Reference, ...] = Field((), description="Foreign keys of more than one column.")
    columns: tuple[Column, ...] = Field(min_length=1, description="The columns, in the order of the source.")
    measures: tuple[DerivedMeasure, ...] = Field((), description="Measures that are derived from the columns.")
    exclude: Text | None = Field(None, description="The reason why this table is not loaded.")
    renamed_from: Identifier | None = Field(None, description="The previous name of this table in the spec.")
    older_names: OlderNames = ()

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    @property
    def source_name(self) -> str:
        """The table's name in the source as `schema.table`; without a schema, the bare name."""
        bare = self.name if self.origin is None else self.origin
        return f"{self.schema_}.{bare}" if self.schema_ else bare

    @property
    def reaches_marts(self) -> bool:
        """Whether the table is loaded, and in a mart: on its own or folded into another one."""
        return not self.exclude and self.role != "operational"

    def column(self, name: str) -> Column | None:
        """The column of that name, or None."""
        return next((column for column in self.columns if column.name == name), None)


class Source(AnySource):
    """A source system: `sources/<name>.yml`."""

    carries = "tables"
    schedule: str = Field("0 3 * * *", description="When the source is loaded, as a cron expression in UTC.")
    drift: Literal["evolve", "freeze"] = Field(
        "evolve",
        description="What happens when the columns of the source differ from this file: `evolve` continues the load "
        "and reports the difference, `freeze` stops before anything is written.",
    )
    tables: tuple[Table, ...] = Field(min_length=1, description="The tables of the source.")

    @property
    def loads_nothing(self) -> bool:
        """Whether every table is excluded."""
        return all(table.exclude for table in self.tables)

    def table(self, name: str) -> Table | None:
        """The table of that name, or None."""
        return next((table for table in self.tables if table.name == name), None)


class PlatformCore(Part):
    """The fields of every platform besides its choices."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*([-_][a-z0-9]+)*$", max_length=50)] = Field(
        description="The platform's name, and its folder's: lowercase words joined by `-`."
    )
    description: Text = Field("", description="What the platform is for, in a sentence.")
    owner: Text = Field("data-team@example.com", description="The owner of the platform: a team or an address.")
    dimension_parents: Literal["fold", "references", "keep"] | None = Field(
        None,
        description="What dimensions do with the tables that they refer to: `fold` folds the columns of all of them, "
        "`references` only those of tables with `role: reference`, `keep` keeps the keys. By default, as the "
        "modelling style does.",
    )
    facts: Literal["rebuild", "incremental"] | None = Field(
        None,
        description="What a run does with facts: `rebuild` builds them anew, `incremental` recomputes only rows whose "
        "inputs have changed, where that is possible. By default, `incremental` from a million rows on (`rows:` of its "
        "table), and `rebuild` below.",
    )
    calendar: Calendar = Field(
        default_factory=Calendar, description="The fiscal year and the public holidays of the date dimension."
    )
    consumers: tuple[Consumer, ...] = Field((), description="Who uses the marts.")

    def chosen(self, axis: str) -> tuple[str, ...]:
        """The names of the choices on an axis; empty if there are none."""
        value = getattr(self, axis, None)
        return (value,) if isinstance(value, str) else tuple(value or ())


def _choices() -> dict[str, Any]:
    """A field for each axis of the catalog, except the kind of source."""
    several = Annotated[tuple[str, ...], BeforeValidator(listed)]
    return {
        name: ((several if axis.many else str) | None, Field(None, description=axis.description))
        for name, axis in load_axes().items()
        if name != SOURCE_AXIS
    }


Platform = create_model(
    "Platform", __base__=PlatformCore, __doc__="The choices of a platform: `platform.yml`.", **_choices()
)


class Spec(Part):
    """A whole specification: the platform, its sources with tables, and its sources of events."""

    platform: Platform
    sources: tuple[Source, ...] = ()
    event_sources: tuple[EventSource, ...] = ()

    @field_validator("sources", "event_sources")
    @classmethod
    def _in_order_of_name(cls, sources: tuple) -> tuple:
        return tuple(sorted(sources, key=lambda source: source.name))

    @property
    def all_sources(self) -> tuple[AnySource, ...]:
        """The sources with tables, then the sources of events."""
        return (*self.sources, *self.event_sources)


def by_content(sources: Iterable[AnySource]) -> dict[str, tuple[AnySource, ...]]:
    """The sources by the field of `Spec` that holds them."""
    sources = tuple(sources)
    return {
        "sources": tuple(source for source in sources if source.carries == "tables"),
        "event_sources": tuple(source for source in sources if source.carries == "events"),
    }
