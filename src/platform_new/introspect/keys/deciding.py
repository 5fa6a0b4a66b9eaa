"""Decides all foreign keys of a source together, from the guesses by name and the evidence of its rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from platform_new.introspect.catalog import FoundColumn, FoundForeignKey, FoundTable, TableId
from platform_new.introspect.keys.circles import Declared, Place
from platform_new.introspect.keys.composite import composite_links, without_implied
from platform_new.introspect.keys.evidence import Columns, Evidence, Inclusion, Link
from platform_new.introspect.keys.names import Guess, Names, Target, is_polymorphic
from platform_new.introspect.keys.naming import Namesake
from platform_new.introspect.keys.primary import can_be_key
from platform_new.introspect.keys.unnamed import by_satellites, by_values
from platform_new.introspect.keys.weighed import Weighed
from platform_new.introspect.keys.words import Words, similar

TOGETHER = "inferred from the names of all columns together"
SURE = 0.66
"""The least score of a foreign key; with a lower score down to POSSIBLE, it is only proposed in a comment."""
SURE_AMONG_DECLARED = 0.75
"""The same in a source that declares foreign keys, where a missing one is rather intended."""
POSSIBLE = 0.45
SURE_NAME, CLEAR_NAME = 0.9, 0.95
"""The least score of a name that is believed without values, and although a few values are missing."""
ORPHANS = 0.05
"""The greatest share of values without a match: rows whose parent was deleted."""
MOST_MISSING = 0.5
"""With a greater share, a link is not even possible."""
ASKED = 5
CLOSE, CLOSE_TO_CLEAR = 0.15, 0.03
"""Guesses this close to the best one (to one with a clear name) are compared by their values; others if these fail."""
AGREED = 0.06
"""What the choice of columns with the same name adds to a score."""
MAJORITY, TIE = 0.67, 0.01
FEW = 10
"""Fewer different values are weaker evidence."""


@dataclass
class Links:
    """The foreign keys that a source does not declare: the certain ones, and the possible ones."""

    certain: dict[TableId, list[FoundForeignKey]] = field(default_factory=lambda: defaultdict(list))
    possible: dict[TableId, list[FoundForeignKey]] = field(default_factory=lambda: defaultdict(list))


def decide(
    tables: Sequence[FoundTable],
    names: Names,
    others: Mapping[TableId, Sequence[str]],
    evidence: Evidence,
    is_known: Callable[[TableId, str], bool] = lambda table, column: False,
) -> Links:
    """The foreign keys that the tables do not declare; `others` are unique columns beside their keys.

    Columns that are known are not decided again.
    """
    readable = [table for table in tables if not table.exclude]
    targets = list(_targets(readable, others))
    deciding = _Deciding(readable, names, Namesake(names, targets), evidence, is_known)
    chosen = deciding.chosen()
    composite = composite_links(readable, names, evidence, is_known)
    kept, wholes = without_implied(readable, {p: each.guess.link for p, each in chosen.items()}, composite)
    links = Links()
    for place in kept:
        table, _ = place
        links.certain[table].append(_key(chosen[place].guess.link, chosen[place].reason))
    for link, inclusion in wholes.items():
        links.certain[link.source.table].append(_key(link, Weighed(Guess(link, 1.0, TOGETHER), inclusion, 1.0).reason))
    covered = {(link.source.table, name) for link in wholes for name in link.source.names}
    for place, each in deciding.possible(chosen).items():
        if place not in covered:
            links.possible[place[0]].append(_key(each.guess.link, each.reason))
    return links


def _key(link: Link, note: str) -> FoundForeignKey:
    return FoundForeignKey(link.source.names, link.target.table, link.target.names, note, inferred=True)


def _targets(tables: Iterable[FoundTable], others: Mapping[TableId, Sequence[str]]) -> Iterator[Target]:
    for table in tables:
        columns = {column.name: column for column in table.columns}
        main = table.key[0] if len(table.key) == 1 else None
        unique = [names[0] for names in table.uniques if len(names) == 1]
        for name in dict.fromkeys((*filter(None, (main,)), *unique, *others.get(table.id, ()))):
            if name in columns and can_be_key(columns[name]):
                yield Target(table.id, name, name == main)


class _Deciding:
    def __init__(
        self,
        tables: Sequence[FoundTable],
        names: Names,
        namesake: Namesake,
        evidence: Evidence,
        is_known: Callable[[TableId, str], bool],
    ):
        self.is_known = is_known
        declares = any(not key.inferred for table in tables for key in table.foreign_keys)
        self.sure = SURE_AMONG_DECLARED if declares else SURE
        self.tables = {table.id: table for table in tables}
        self.declared = Declared(tables)
        self.columns = {(table.id, column.name): column for table in tables for column in table.columns}
        self.names = names
        self.namesake = namesake
        self.evidence = evidence
        self.unique = {(target.table, target.column) for target in namesake.targets}
        self.guesses = dict(self._guesses())
        self.weighed = self._weighed()

    def chosen(self) -> dict[Place, Weighed]:
        """The key that each column points to, if that is certain."""
        votes, subtypes = self._votes(), self._subtypes()
        chosen = {}
        for place, weighed in self.weighed.items():
            favourite = votes.get(self._group(place))
            ranked = sorted(weighed, key=lambda each: -each.score - AGREED * (each.to == favourite) * _is_open(each))
            best = _at_hub(ranked, subtypes)
            rivals = [each for each in ranked if each.to != best.to and subtypes.get(each.to) != best.to]
            if best.score >= self.sure and not _is_tie(best, rivals, favourite) and not _is_refuted(best, ranked):
                chosen[place] = best
        chosen = self._without_circles(chosen)
        chosen |= by_satellites(self.unknown(chosen), {each.to.table for each in chosen.values()}, self)
        chosen |= by_values(self.unknown(chosen), self)
        return dict(sorted(chosen.items()))

    def _without_circles(self, chosen: dict[Place, Weighed]) -> dict[Place, Weighed]:
        """The choices without circles: a declared key leads there, or of two tables the larger has the original."""

        def is_backwards(place: Place, to: Columns) -> bool:
            if self.declared.lead((to.table, to.names[0]), place):
                return True
            back = chosen.get((to.table, to.names[0]))
            rows = self.tables[to.table].rows or 0, self.tables[place[0]].rows or 0
            return back is not None and back.to == Columns(place[0], (place[1],)) and rows[0] <= rows[1]

        return {place: each for place, each in chosen.items() if not is_backwards(place, each.to)}

    def possible(self, chosen: Mapping[Place, Weighed]) -> dict[Place, Weighed]:
        """The likeliest key of each other column that may point to one."""
        best = {
            place: max(weighed, key=lambda each: (each.score, each.guess.score))
            for place, weighed in self.weighed.items()
            if place not in chosen
        }
        return {
            place: each
            for place, each in best.items()
            if _is_possible(each) and not self.declared.lead((each.to.table, each.to.names[0]), place)
        }

    def _guesses(self) -> Iterator[tuple[Place, list[Guess]]]:
        for table, column in self._open_columns():
            # Two columns that are unique beside the keys of their tables do not point to each other.
            unique = (column.name,) != table.key and (table.id, column.name) in self.unique
            guesses = [
                guess
                for guess in self.namesake.guesses(table, column)
                if column.data_type.compares_with(self._target(guess.link).data_type)
                and (guess.link.target.names == self.tables[guess.link.target.table].key or not unique)
            ]
            if guesses and not (is_polymorphic(table, column) and guesses[0].score < 1):
                yield (table.id, column.name), guesses[:ASKED]

    def _open_columns(self) -> Iterator[tuple[FoundTable, FoundColumn]]:
        """The columns that may point to a key, without those that declare what they point to."""
        for table in self.tables.values():
            linked = {name for key in table.foreign_keys for name in key.columns}
            for column in table.columns:
                if column.name in linked or column.values or self.is_known(table.id, column.name):
                    continue
                if can_be_key(column) and not self._is_own_key(table, column):
                    yield table, column

    def _is_own_key(self, table: FoundTable, column: FoundColumn) -> bool:
        """Whether the column identifies the rows of its own table and is named so."""
        alone = {table.key, *(names for names in table.uniques if len(names) == 1)}
        stem, _ = self.namesake.stem(table.id, column.name)
        own = self.names.own[table.id]
        if stem in (own, self.names.core(table.id)) and column.name in table.identifying:
            return True
        if (column.name,) not in alone:
            return False
        if not stem or self.names.column(table.id, column.name) in self.namesake.generic:
            return True
        return (
            self.names.may_mean(stem, table.id)
            and table.key == (column.name,)
            and all(any(similar(a, b) for b in own) for a in stem)
        )

    def _target(self, link: Link) -> FoundColumn:
        return self.columns[link.target.table, link.target.names[0]]

    def _weighed(self) -> dict[Place, list[Weighed]]:
        """The guesses with evidence: first of the best ones, and of the others where these fail."""
        first = {
            place: [guess for guess in guesses if guess.score >= guesses[0].score - _close(guesses[0])]
            for place, guesses in self.guesses.items()
        }
        weighed = self._weigh(first)
        second = {
            place: guesses[len(first[place]) :]
            for place, guesses in self.guesses.items()
            if guesses[0].score < SURE_NAME and max(each.score for each in weighed[place]) < SURE
        }
        for place, more in self._weigh(second).items():
            weighed[place] += more
        return weighed

    def _weigh(self, guesses: Mapping[Place, Sequence[Guess]]) -> dict[Place, list[Weighed]]:
        inclusions = self.evidence.contained(guess.link for each in guesses.values() for guess in each)
        return {
            place: [
                Weighed(guess, inclusions.get(guess.link), self._score(guess, inclusions.get(guess.link)))
                for guess in each
            ]
            for place, each in guesses.items()
        }

    def _score(self, guess: Guess, inclusion: Inclusion | None) -> float:
        if inclusion is None or not inclusion.values:
            return guess.score * 0.9 if guess.score >= SURE_NAME else min(guess.score, POSSIBLE)
        if inclusion.missing:
            few = inclusion.missing <= ORPHANS * inclusion.values
            return guess.score * 0.9 if few and guess.score >= CLEAR_NAME else 0.0
        enough = min(1.0, inclusion.values / FEW)
        if self._target(guess.link).data_type.is_number:
            # Numbers of all tables overlap, but those of a foreign key usually cover most of the key.
            covered = min(1.0, inclusion.values / (self.tables[guess.link.target.table].rows or inclusion.values))
            return guess.score + (1 - guess.score) * 0.3 * covered * enough
        return guess.score + (1 - guess.score) * 0.75 * enough

    def _group(self, place: Place) -> tuple[Words, str]:
        """Columns with the same words and of the same family usually point to the same key."""
        return self.namesake.stem(*place)[0], self.columns[place].data_type.family

    def _votes(self) -> dict[tuple[Words, str], Columns]:
        counts: dict[tuple[Words, str], dict[Columns, float]] = defaultdict(lambda: defaultdict(float))
        for place, weighed in self.weighed.items():
            best = max(weighed, key=lambda each: each.score)
            if best.score >= SURE:
                counts[self._group(place)][best.to] += best.score
        return {
            group: best
            for group, votes in counts.items()
            if votes[best := max(sorted(votes), key=lambda to: votes[to])] >= MAJORITY * sum(votes.values())
        }

    def unknown(self, chosen: Mapping[Place, Weighed]) -> list[Place]:
        """The columns that are marked as keys but whose name means no key."""
        return [
            (table.id, column.name)
            for table, column in self._open_columns()
            if (table.id, column.name) not in chosen
            and (column.name,) != table.key
            and all(self.namesake.stem(table.id, column.name))
            and all(guess.score < SURE for guess in self.guesses.get((table.id, column.name), ()))
            and not is_polymorphic(table, column)
        ]

    def _subtypes(self) -> dict[Columns, Columns]:
        """The keys that clearly point to another table's key: the details of a person have the key of the person."""
        return {
            Columns(table, (column,)): best.to
            for (table, column), weighed in self.weighed.items()
            if self.tables[table].key == (column,)
            and (best := max(weighed, key=lambda each: each.score)).score >= SURE_NAME
        }


def _is_open(weighed: Weighed) -> bool:
    """Whether the name leaves doubts, which columns of the same name may decide."""
    return weighed.guess.score < CLEAR_NAME


def _close(best: Guess) -> float:
    return CLOSE_TO_CLEAR if best.score >= CLEAR_NAME else CLOSE


def _at_hub(ranked: Sequence[Weighed], subtypes: Mapping[Columns, Columns]) -> Weighed:
    """The best choice; instead of a subtype, what this one is a subtype of if that fits as well."""
    best = ranked[0]
    hub = next((each for each in ranked if each.to == subtypes.get(best.to)), None)
    return hub if hub and hub.score >= SURE and hub.guess.score >= best.guess.score else best


def _is_tie(best: Weighed, rivals: Sequence[Weighed], favourite: Columns | None) -> bool:
    return best.to != favourite and any(best.score - each.score < TIE for each in rivals)


def _is_refuted(best: Weighed, ranked: Sequence[Weighed]) -> bool:
    """Whether the name clearly means another key, in which the values are missing."""
    return best.guess.score < SURE_NAME and any(
        each.guess.score >= SURE_NAME and each.inclusion and each.inclusion.missing for each in ranked
    )


def _is_possible(weighed: Weighed) -> bool:
    if weighed.inclusion and weighed.inclusion.missing:
        share = weighed.inclusion.missing / weighed.inclusion.values
        return weighed.guess.score >= (SURE if share <= 2 * ORPHANS else SURE_NAME) and share <= MOST_MISSING
    return weighed.score >= POSSIBLE
