"""Mini-dimensions: the columns of a dimension that often change, in a dimension of their combinations.

Facts have its key as of their event time (Kimball and Ross, ch. 5, type 4); the dimension has the key of each member's
current profile (type 5).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from platform_new.plan.model import Mart, PlannedColumn
from platform_new.plan.modeling.body import Folding
from platform_new.plan.modeling.history import HistoryType
from platform_new.plan.modeling.member import VALIDITY, dimension_key, dimension_name, entity_of, key_column
from platform_new.plan.modeling.outriggers import Row
from platform_new.plan.modeling.shape import Profiles, Snapshot, StarBody, arranged, surrogate_tests
from platform_new.spec.names import fit


@dataclass(frozen=True)
class MiniDimension:
    """A mini-dimension, and the view with the profile of each member at each time."""

    mart: Mart
    profiles: Profiles

    @property
    def key_of_row(self) -> str:
        """The expression of the profile's key in a row of the snapshot."""
        return surrogate_key(self.profiles.columns)

    @property
    def current_key(self) -> PlannedColumn:
        """The key of the current profile in the dimension."""
        key = self.profiles.profile_key
        said = f"Key of the member's current profile in {self.mart.name}"
        refers_to = (self.mart.name, key)
        return PlannedColumn(f"current_{key}", "text", said, kind="dimension_key", required=True, refers_to=refers_to)


def surrogate_key(columns: tuple[str, ...]) -> str:
    """The call that computes a key from columns."""
    return f"{{{{ surrogate_key({list(columns)}) }}}}"


def plan_profile(row: Row, snapshot: Snapshot, entity: str) -> MiniDimension | None:
    """Plan the mini-dimension of a dimension, under the name of this entity; None if no column is of type 4."""
    table = row.table
    columns = tuple(column for column in snapshot.recorded if column.history == HistoryType.MINI_DIMENSION)
    if not columns:
        return None
    key = f"{dimension_key(table).removesuffix('_key')}_profile_key"
    mart = Folding(taken={key})
    base = mart.bring(snapshot.name, table.table)
    for column in columns:
        mart.select(f"{base}.{column.name}", column)
    members = Folding(taken={key, *(column.name for column in VALIDITY)})
    recorded = {column.name: column for column in snapshot.recorded}
    for name in snapshot.key:
        members.select(name, recorded[name])
    arrangement, groups = arranged(mart.selected)
    names = tuple(column.name for column in columns)
    body = StarBody(
        base=base,
        imports=tuple(mart.imports),
        joins=(),
        groups=groups,
        surrogate_key=key,
        key_parts=tuple(item.expression for item in mart.selected),
        natural_key=names,
        distinct=True,
    )
    name = fit(f"dim_{entity}")
    return MiniDimension(
        Mart(
            name=name,
            kind="dimension",
            entity=entity,
            description=f"The profiles of {dimension_name(table)}: each combination of values that a member has had",
            columns=(replace(key_column(key), tests=surrogate_tests()), *arrangement),
            key=(key,),
            grain=table.origin,
            combines=True,
            source=table.source,
            refs=(snapshot.name,),
            detail=body,
        ),
        Profiles(entity_of(table), table, snapshot.name, base, tuple(members.selected), names, key, name),
    )
