"""The semantic layer: what the marts count and sum, and by what, for the tools that compute metrics.

Names and terms are those of dbt's semantic layer (docs.getdbt.com, "About MetricFlow"). A fact with a time of its event
is a semantic model with measures; each role of a dimension that it points to is a semantic model with dimensions.
Personal data and technical columns are left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from platform_new.plan.model import Mart, PlannedColumn, StagedTable, deletion_flag
from platform_new.spec.data_type import DataType
from platform_new.spec.names import distinct
from platform_new.spec.words import singular

RESERVED = frozenset(
    "metric_time date day week month quarter year hour minute second millisecond nanosecond microsecond dimension "
    "entity metric time".split()
)
"""Names that MetricFlow keeps for itself, or that its queries cannot tell from a granularity."""
SHOWN = ("attribute", "flag", "time")


@dataclass(frozen=True)
class Entity:
    """A key of a semantic model, by which it is joined to the `key` of a dimension, the `mart`."""

    name: str
    column: str
    key: str
    mart: str = ""


@dataclass(frozen=True)
class Dimension:
    """A column to group or filter by."""

    name: str
    column: str
    type: DataType
    description: str = ""

    @property
    def is_time(self) -> bool:
        """Whether it is a date or a timestamp."""
        return self.type.is_time


@dataclass(frozen=True)
class Measure:
    """An aggregation of a fact's rows, which is a metric under the same name.

    `column` is empty if rows are counted, and rows where the flag `without` is true do not count. A `level` is summed
    at the last moment of a period instead of over it.
    """

    name: str
    label: str
    aggregation: Literal["sum", "average", "count_distinct"]
    column: str
    without: str = ""
    level: bool = False
    description: str = ""


@dataclass(frozen=True)
class Ratio:
    """A metric that divides a measure by another."""

    name: str
    label: str
    numerator: str
    denominator: str


@dataclass(frozen=True)
class SemanticModel:
    """A mart in the semantic layer; only a fact has measures and a `time`, the dimension by which they are counted.

    `columns` are all columns of the mart.
    """

    name: str
    mart: str
    columns: tuple[str, ...]
    description: str
    entity: Entity
    entities: tuple[Entity, ...] = ()
    dimensions: tuple[Dimension, ...] = ()
    measures: tuple[Measure, ...] = ()
    ratios: tuple[Ratio, ...] = ()
    time: str = ""

    @property
    def bindings(self) -> dict[str, str]:
        """What the placeholders in a template's path stand for."""
        return {"semantic_model": self.name}

    @property
    def totals(self) -> dict[str, str]:
        """The names of its metrics for tools in which none may be called like a column: `total_amount` for `amount`."""
        metrics = [each.name for each in (*self.measures, *self.ratios)]
        taken = {*self.columns, *metrics}
        found: dict[str, str] = {}
        for name in metrics:
            found[name] = distinct(f"total_{name}", taken) if name in self.columns else name
            taken.add(found[name])
        return found


def semantic_models(marts: Iterable[Mart], tables: Iterable[StagedTable]) -> tuple[SemanticModel, ...]:
    """The semantic models of the marts: the facts in their order, then the dimensions that they point to."""
    return tuple(_Layer({mart.name: mart for mart in marts}, tuple(tables)).models())


@dataclass(frozen=True)
class _Fact:
    """A fact with an event time, and its header with the column that identifies it, if any."""

    mart: Mart
    header: tuple[str, str] | None

    @property
    def measures(self) -> tuple[PlannedColumn, ...]:
        return tuple(column for column in self.mart.columns if column.kind == "measure")


class _Layer:
    """Builds the semantic models; it knows the names that are taken."""

    def __init__(self, marts: Mapping[str, Mart], tables: tuple[StagedTable, ...]):
        self.marts = marts
        grains = {(table.source, table.origin): table for table in tables}
        timed = (mart for mart in marts.values() if mart.event_time)
        self.facts = tuple(_Fact(mart, _header(mart, grains[mart.source, mart.grain])) for mart in timed)
        self.shared = Counter(column.name for fact in self.facts for column in fact.measures)
        self.kinds: dict[str, str] = {}
        """The kind of element for each name: a name has the same kind in all semantic models."""
        self.metrics: set[str] = set()
        self.roles: dict[str, PlannedColumn] = {}
        """By role of a dimension: a key that points to it."""

    def models(self) -> Iterator[SemanticModel]:
        # Entities first, so that they have the names of the tables.
        names = [self._named(fact.mart.entity, "entity") for fact in self.facts]
        joined = [tuple(self._joined(fact.mart)) for fact in self.facts]
        for fact, name, entities in zip(self.facts, names, joined, strict=True):
            yield self._fact(fact, name, entities)
        for role, key in self.roles.items():
            dimension, surrogate = key.refers_to
            mart = self.marts[dimension]
            entity = Entity(role, surrogate, surrogate)
            dimensions = tuple(self._dimensions(mart))
            yield SemanticModel(role, mart.name, _names(mart), mart.description, entity, dimensions=dimensions)

    def _joined(self, fact: Mart) -> Iterator[Entity]:
        """The keys of a fact to its dimensions, by role."""
        for column in (column for column in fact.columns if column.kind == "dimension_key"):
            bare = column.name.removesuffix("_key")
            same = self.roles.get(bare, column).refers_to == column.refers_to
            role = self._named(bare if same else f"{fact.entity}_{bare}", "entity")
            self.roles.setdefault(role, column)
            dimension, key = column.refers_to
            yield Entity(role, column.name, key, dimension)

    def _fact(self, fact: _Fact, name: str, entities: tuple[Entity, ...]) -> SemanticModel:
        counts = [self._count(fact), *([self._count_of_headers(fact)] if fact.header else [])]
        measures = [self._measure(fact, column) for column in fact.measures]
        dimensions = tuple(self._dimensions(fact.mart))
        return SemanticModel(
            name=name,
            mart=fact.mart.name,
            columns=_names(fact.mart),
            description=fact.mart.description,
            entity=Entity(name, "", ""),
            entities=entities,
            dimensions=dimensions,
            measures=(*counts, *measures),
            ratios=tuple(self._per_header(fact, measures, counts[-1])) if fact.header else (),
            time=next(each.name for each in dimensions if each.column == fact.mart.event_time),
        )

    def _count(self, fact: _Fact) -> Measure:
        name = self._metric(f"{fact.mart.entity}_count")
        return Measure(name, f"Number of {_spoken(fact.mart.entity)}", "sum", "", deletion_flag(fact.mart.columns))

    def _count_of_headers(self, fact: _Fact) -> Measure:
        header, column = fact.header
        name = self._metric(f"{header}_with_{fact.mart.entity}")
        label = f"Number of {_spoken(header)} with {_spoken(fact.mart.entity)}"
        return Measure(name, label, "count_distinct", column, deletion_flag(fact.mart.columns))

    def _measure(self, fact: _Fact, column: PlannedColumn) -> Measure:
        """The sum of a measure of the fact, or the average if its sum means nothing."""
        name = column.name if self.shared[column.name] == 1 else f"{fact.mart.entity}_{column.name}"
        average = column.additivity == "non_additive"
        name = self._metric(f"average_{name}" if average else name)
        return Measure(
            name=name,
            label=_spoken(name).capitalize() + (f" ({column.unit})" if column.unit else ""),
            aggregation="average" if average else "sum",
            column=column.name,
            without=deletion_flag(fact.mart.columns),
            level=column.additivity == "semi_additive",
            description=column.description,
        )

    def _per_header(self, fact: _Fact, measures: list[Measure], headers: Measure) -> Iterator[Ratio]:
        """What the lines of a header add up to on average."""
        one = singular(fact.header[0])
        for measure in measures:
            if measure.aggregation == "sum" and not measure.level:
                name = self._metric(f"{measure.name}_per_{one}")
                yield Ratio(name, f"{measure.label} per {_spoken(one)}", measure.name, headers.name)

    def _dimensions(self, mart: Mart) -> Iterator[Dimension]:
        """What a mart can be grouped by; the event time of a fact always, even if it is part of its key."""
        taken: set[str] = set()
        for column in mart.columns:
            technical = column.kind == "time" and not column.landed
            shown = column.kind in SHOWN and not (technical or column.pii or column.data_type.is_opaque)
            if shown or column.name == mart.event_time:
                name = self._distinct(column.name, "time" if column.data_type.is_time else "category", taken)
                yield Dimension(name, column.name, column.data_type, column.description)

    def _named(self, name: str, kind: str) -> str:
        """The name, valid for MetricFlow, or a similar one if another kind of element has it."""
        name = _valid(name)
        while self.kinds.setdefault(name, kind) != kind:
            name = f"{name}_{kind}"
        return name

    def _metric(self, name: str) -> str:
        """The name of a metric or measure, which no other has."""
        return self._distinct(name, "metric", self.metrics)

    def _distinct(self, name: str, kind: str, taken: set[str]) -> str:
        """The name as `_named` gives it, distinct from those that are taken; it is taken from now on."""
        found = self._named(name, kind)
        while found in taken:
            found = self._named(distinct(found, taken), kind)
        taken.add(found)
        return found


def _names(mart: Mart) -> tuple[str, ...]:
    return tuple(column.name for column in mart.columns)


def _spoken(name: str) -> str:
    return name.replace("_", " ").strip()


def _header(mart: Mart, table: StagedTable) -> tuple[str, str] | None:
    """The header of a fact's lines and the mart's column that identifies it, if a single column does."""
    names = {column.name for column in mart.columns}
    keys = ((link.to, link.columns) for link in table.links if link.to == table.spec.line_of)
    return next(((to, columns[0]) for to, columns in keys if len(columns) == 1 and columns[0] in names), None)


def _valid(name: str) -> str:
    """The name as MetricFlow allows it: not reserved, of two letters or more, without double underscores."""
    name = "_".join(part for part in name.split("_") if part) or "unnamed"
    name = f"n{name}" if name[0].isdigit() else name
    return f"{name}_value" if name in RESERVED or len(name) < 2 else name
