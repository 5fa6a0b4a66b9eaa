"""What the consumers of the marts read, and the roles that may read each mart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from platform_new.errors import Problem, Refused
from platform_new.plan.model import Mart, StagedTable
from platform_new.spec.consumers import Consumer


@dataclass(frozen=True)
class Exposure:
    """A consumer with the names of the marts that it depends on."""

    consumer: Consumer
    marts: tuple[str, ...]

    @property
    def name(self) -> str:
        """Its name in dbt."""
        return self.consumer.name

    @property
    def label(self) -> str:
        """Its name for people."""
        return self.name.replace("_", " ").strip().capitalize()

    @property
    def bindings(self) -> dict[str, str]:
        """What the placeholders in a template's path stand for."""
        return {"exposure": self.name}


@dataclass(frozen=True)
class Readers:
    """The roles that may read the marts: `of_all` all of them, `of_one` only the mart of that name."""

    of_all: tuple[str, ...]
    of_one: Mapping[str, tuple[str, ...]]

    @property
    def all(self) -> tuple[str, ...]:
        """Every role."""
        return tuple(dict.fromkeys((*self.of_all, *(role for roles in self.of_one.values() for role in roles))))


def expose(consumers: Iterable[Consumer], marts: Sequence[Mart], tables: Iterable[StagedTable]) -> tuple[Exposure, ...]:
    """The exposures of the consumers; of a platform without marts, none.

    Raises `Refused` if the modelling style has no mart of a table that a consumer reads.
    """
    origins = {f"{table.source}.{table.table}": table for table in tables}
    exposures = []
    for consumer in consumers if marts else ():
        read = {name: [mart.name for mart in marts if _is_of(mart, origins[name])] for name in consumer.reads}
        if missing := [name for name, found in read.items() if not found]:
            reason = f"the consumer `{consumer.name}` reads tables without a mart in this modelling style"
            hint = "delete them from its `reads:`, or change `modeling:`"
            raise Refused(Problem(reason, hint, "platform.yml", value=", ".join(missing)))
        named = {name for found in read.values() for name in found}
        exposures.append(Exposure(consumer, tuple(each.name for each in marts if each.name in named or not read)))
    return tuple(exposures)


def readers(exposures: Iterable[Exposure], marts: Iterable[Mart]) -> Readers:
    """The roles of the consumers; who reads some of the marts also reads those of no table, such as the calendar."""
    exposures = [each for each in exposures if each.consumer.role]
    of_all = tuple(dict.fromkeys(each.consumer.role for each in exposures if not each.consumer.reads))
    of_one = {}
    for mart in marts:
        roles = (each.consumer.role for each in exposures if mart.name in each.marts or not mart.source)
        of_one[mart.name] = tuple(role for role in dict.fromkeys(roles) if role not in of_all)
    return Readers(of_all, {name: roles for name, roles in of_one.items() if roles})


def _is_of(mart: Mart, table: StagedTable) -> bool:
    """Whether the mart has the rows of the table; a mart that serves a stream has no grain, but the table's name."""
    same = mart.grain == table.origin if mart.grain else mart.entity == table.table
    return mart.source == table.source and same
