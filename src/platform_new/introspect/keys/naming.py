"""Which keys a column may point to by its name, each with how surely and why. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from platform_new.introspect.catalog import FoundColumn, FoundTable, TableId
from platform_new.introspect.keys.evidence import Columns, Link
from platform_new.introspect.keys.names import Guess, Names, Target
from platform_new.introspect.keys.vocabulary import (
    CLASSES,
    COMMON,
    COPIES,
    GENERIC_ENDS,
    PARENTS,
    PEOPLE,
    PERSON_ROLES,
    PREPOSITIONS,
    RELATIONS,
    REPORTS_TO,
    STAFF,
    STAFF_ROLES,
    THINGS,
)
from platform_new.introspect.keys.words import (
    MARK_WORDS,
    Words,
    similar,
    stands_for,
    without_mark,
    words,
)

FULL, TAIL, HEAD = 1.0, 0.72, 0.55
"""How surely a name means a table by its whole name, or by the end or the beginning of it."""
IN_CONTEXT = 0.93
"""The same if the referring table shares the rest of the name: `product` in `loan` means `product_loan`."""
ROLE = 0.93
"""The same if the name says more: `billing_address`."""
BEFORE = 0.6
"""The same if the name goes on after the table: `concept_id_1` does not, `country_of_birth` does."""
NO_MARK = 0.85
"""The same if nothing in the name says that it is a key."""
OTHER_KEY = 0.75
"""The same if the name says another kind of key than the one that it would point to."""
PART = 1.02
"""A table that is named after another one with a key of the same name is about that one, even if others have it too."""
SAME, SAME_BESIDE = 0.8, 0.5
"""A key of the same name that does not say of which table it is: the table's key, or a unique column beside it."""
ELSEWHERE = 0.97
"""The same for a table in another schema."""
SELF, PERSON = 0.82, 0.7
LEAST = 0.35
MANY = 3
BY_NAME, SAME_NAME = "inferred from its name", "inferred from its name, which is that of the key"


@dataclass(frozen=True)
class _Phrase:
    """Words that mean a target: all of its table's name (`dropped` is empty), or a part, or its key's name."""

    target: Target
    words: Words
    weight: float
    dropped: Words = ()


class Namesake:
    """Finds the targets that a column's name means."""

    def __init__(self, names: Names, targets: Sequence[Target]):
        self.names = names
        self.targets = targets
        self.by_table = {target.table: target for target in targets if target.main}
        self.generic = self._generic_keys()
        self.stems = {
            id_: {self.stem(id_, column.name) for column in table.columns if (column.name,) != table.key}
            for id_, table in names.tables.items()
        }
        self.phrases: dict[str, list[_Phrase]] = defaultdict(list)
        for target in targets:
            for phrase in self._phrases(target):
                # A name without a letter or digit has no words, or an empty one, and means nothing.
                if all(phrase.words):
                    self.phrases[phrase.words[-1]].append(phrase)
        self.joined: dict[str, list[_Phrase]] = defaultdict(list)
        for phrases in list(self.phrases.values()):
            for phrase in phrases:
                if len(phrase.words) > 1 and (not phrase.dropped or phrase.weight >= HEAD):
                    self.joined[phrase.words[0][0]].append(phrase)
        self.first: dict[str, list[str]] = defaultdict(list)
        for word in sorted(self.phrases):
            self.first[word[0]].append(word)
        self.named: dict[Words, list[Target]] = defaultdict(list)
        for target in targets:
            for name in {words(target.column), self._key(target)} - set(self.generic):
                self.named[name].append(target)
        self.people = self._persons(PEOPLE)
        self.staff = self._persons(STAFF) or self.people

    def guesses(self, table: FoundTable, column: FoundColumn) -> list[Guess]:
        """The likeliest targets of a column by its name, the likeliest first."""
        best: dict[Target, tuple[float, str]] = {}
        for target, score, why in self._all(table, column):
            fits = target.table != table.id or target.column != column.name
            score *= 1 if target.table.schema == table.id.schema else ELSEWHERE
            if fits and score > best.get(target, (LEAST, ""))[0]:
                best[target] = (score, why)
        source = Columns(table.id, (column.name,))
        found = [Guess(Link(source, target.columns), *guess) for target, guess in best.items()]
        return sorted(found, key=lambda guess: (-guess.score, guess.link.target))

    def stem(self, table: TableId, column: str) -> tuple[Words, Words]:
        """The words of a column's name that say what it points to, and those that say that it is a key."""
        name = self.names.column(table, column)
        for key in self.generic:
            if len(name) > len(key) and name[-len(key) :] == key:
                return name[: -len(key)], key
        stem, mark = without_mark(name, self.names.entities)
        return stem, (mark,) if mark else ()

    def _all(self, table: FoundTable, column: FoundColumn) -> Iterator[tuple[Target, float, str]]:
        stem, mark = self.stem(table.id, column.name)
        if stem:
            for phrase, quality, rest in self._matches(stem):
                if phrase.dropped and (phrase.words, mark) in self.stems[phrase.target.table]:
                    # The target is only about what the phrase means, since it points to that itself.
                    continue
                score = self._score(phrase, quality, rest, stem, mark, table.id)
                yield phrase.target, score, BY_NAME
            yield from self._special(table, stem, mark)
        yield from self._same_name(table, column)

    def _same_name(self, table: FoundTable, column: FoundColumn) -> Iterator[tuple[Target, float, str]]:
        """The keys that have the column's name, with or without the prefix of their tables."""
        mine = {words(column.name), self.names.column(table.id, column.name)} - set(self.generic)
        for name in sorted(mine):
            for target in self.named.get(name, ()):
                if (owner := self._names_its_table(target, name)) or self._is_part(table.id, target):
                    yield target, FULL if owner else PART, SAME_NAME
                elif owner is not None:
                    yield target, SAME if target.main else SAME_BESIDE, SAME_NAME

    def _is_part(self, table: TableId, target: Target) -> bool:
        """Whether the table is named after the target's: `employee_pay` has the key of `employee`, not of `person`.

        The beginning of the name counts; the end does if the rest names another table, as in `product_vendor`.
        """
        core, mine = self.names.core(target.table), self.names.core(table)
        if not target.main or target.table == table or len(mine) <= len(core):
            return False
        rest = "".join(mine[: -len(core)])
        return mine[: len(core)] == core or (mine[-len(core) :] == core and rest in self.names.joined)

    def _names_its_table(self, target: Target, name: Words) -> bool | None:
        """Whether the name of a key says of which table it is; None if it could be a key of any."""
        if len(name) > 1 and name != self._key(target):
            return True
        if any(similar(word, mine) for word in name for mine in self.names.own[target.table] if word not in MARK_WORDS):
            return True
        return False if name[-1] not in COMMON and (len(name) > 1 or target.main) else None

    def _score(self, phrase: _Phrase, quality: float, rest: Words, stem: Words, mark: Words, here: TableId) -> float:
        weight, rest = self._in_context(phrase, rest, here)
        if phrase.target.table == here and not set(rest) & RELATIONS:
            weight *= 0.6 if rest else 0.4
        score = weight * quality
        if rest:
            score *= ROLE * (0.9 + 0.1 * (1 - len(rest) / len(stem)))
        if not mark:
            score *= NO_MARK * (0.8 if rest or phrase.dropped else 1)
        elif mark not in (self._key(phrase.target)[-len(mark) :], self._mark(phrase.target)):
            score *= OTHER_KEY
        return score if phrase.target.main else score * 0.95

    def _in_context(self, phrase: _Phrase, rest: Words, here: TableId) -> tuple[float, Words]:
        """The weight of a phrase if the column or its table says what the phrase drops, and the words left over."""
        needed = [word for word in phrase.dropped if word not in self.names.prefixes]
        if not needed:
            return phrase.weight, rest
        said = [word for word in needed if word in rest]
        context = self.names.own[here]
        shared = [word for word in needed if word in rest or any(_akin(word, other) for other in context)]
        rest = tuple(word for word in rest if word not in said)
        if len(shared) == len(needed):
            return max(phrase.weight, IN_CONTEXT - 0.02 * len(needed)), rest
        if said:
            return max(phrase.weight, 0.85), rest
        return phrase.weight * (0.6 if set(phrase.words) <= CLASSES and not set(needed) <= GENERIC_ENDS else 1), rest

    def _mark(self, target: Target) -> Words:
        return self.stem(target.table, target.column)[1]

    def _key(self, target: Target) -> Words:
        return self.names.column(target.table, target.column)

    def _generic_keys(self) -> list[Words]:
        """The names that many tables give to their key, such as `id` or `record_id`, the longest first."""
        counts = Counter(self._key(target) for target in self.targets)
        of_own = {self._key(t) for t in self.targets if set(self._key(t)) & set(self.names.core(t.table)) - MARK_WORDS}
        found = [key for key, count in counts.items() if count >= MANY and key[-1] in MARK_WORDS and key not in of_own]
        return sorted({*found, ("id",)}, key=lambda key: (-len(key), key))

    def _phrases(self, target: Target) -> Iterator[_Phrase]:
        name, core = self.names.own[target.table], self.names.core(target.table)
        yield _Phrase(target, core, FULL)
        if core != name:
            yield _Phrase(target, name, FULL)
        for start in range(1, len(core)):
            yield _Phrase(target, core[start:], TAIL, core[:start])
        for end in range(1, len(core)):
            rest = core[end:]
            yield _Phrase(target, core[:end], TAIL if set(rest) <= GENERIC_ENDS else HEAD, rest)
        stem, _ = self.stem(target.table, target.column)
        if stem and stem != self._key(target) and stem != core and self._key(target) not in self.generic:
            owner = any(similar(word, mine) or stands_for(word, core) for word in stem for mine in name)
            yield _Phrase(target, stem, FULL if owner else 0.75)

    def _matches(self, stem: Words) -> Iterator[tuple[_Phrase, float, Words]]:
        """The phrases at the end of a stem with the quality of the match and the words before; or at its beginning."""
        last = stem[-1]
        for word in self._like(last):
            for phrase in self.phrases[word]:
                if quality := _ends(stem, phrase.words):
                    yield phrase, quality, stem[: -len(phrase.words)]
        for phrase in self.joined[last[0]]:
            if quality := stands_for(last, phrase.words):
                yield phrase, quality, stem[:-1]
        for size in (2, 3):
            if len(stem) >= size:
                for phrase in self.phrases.get("".join(stem[-size:]), ()):
                    if len(phrase.words) == 1:
                        yield phrase, 1.0, stem[:-size]
        for end in (place for place in range(1, len(stem)) if stem[place] in PREPOSITIONS):
            for phrase in self.phrases.get(stem[end - 1], ()):
                if _ends(stem[:end], phrase.words) == 1 and len(phrase.words) == end:
                    yield phrase, BEFORE, ()

    def _like(self, last: str) -> list[str]:
        found = [word for word in self.first[last[0]] if similar(last, word)]
        if len(last) > 3:
            found += [word for word in self.phrases if word != last and word.endswith(last)]
        return found

    def _special(self, table: FoundTable, stem: Words, mark: Words) -> Iterator[tuple[Target, float, str]]:
        by, here = stem[-1].endswith("by"), self.by_table.get(table.id)
        weight = 1.0 if mark or by else NO_MARK
        related = stem == REPORTS_TO or (set(stem) <= RELATIONS and (mark or by or set(stem) & PARENTS))
        if related:
            base = self.by_table.get(self._base(table.id) or table.id)
            if base and (not mark or mark in (self._mark(base), self._key(base)[-len(mark) :])):
                yield base, weight * (SELF + 0.08 * (base != here)), BY_NAME
        elif stem[0] in PARENTS and here:
            yield here, weight * (PERSON - 0.1), BY_NAME
        if mark or by:
            yield from self._by_role(table, stem[-1])

    def _by_role(self, table: FoundTable, word: str) -> Iterator[tuple[Target, float, str]]:
        people = self.staff if word in STAFF_ROLES else self.people
        known = word in PERSON_ROLES or word in STAFF_ROLES or word.endswith("by")
        unknown = len(word) > 4 and word.endswith(("er", "or")) and word not in THINGS
        if people and (known or unknown):
            yield people, PERSON if known else PERSON - 0.05, "inferred from its name, the role of a person"

    def _base(self, table: TableId) -> TableId | None:
        """The table that a history, an archive or the like is of."""
        name = self.names.own[table]
        if len(name) < 2 or name[-1] not in COPIES:
            return None
        return next((id_ for id_, other in self.names.own.items() if other == name[:-1]), None)

    def _persons(self, kinds: Sequence[str]) -> Target | None:
        ranked = []
        for target in self.targets:
            core = self.names.core(target.table)
            rank = next((n for n, person in enumerate(kinds) if core[-1] == person), None)
            if target.main and rank is not None and len(core) <= 2:
                ranked.append((len(core), rank, target.table, target))
            elif target.main and len(core) == 1 and core[0].endswith(kinds[0]):
                ranked.append((1, 0, target.table, target))
        return min(ranked)[-1] if ranked else None


def _akin(one: str, other: str) -> bool:
    return bool(similar(one, other) or similar(other, one))


def _ends(stem: Words, phrase: Words) -> float:
    """How well the end of a stem is a phrase: the quality of its least similar word; 0 if it is not."""
    if len(phrase) > len(stem):
        return 0.0
    quality = 1.0
    for word, part in zip(stem[-len(phrase) :], phrase, strict=True):
        alike = similar(word, part)
        if not alike and len(word) > 3 and part.endswith(word):
            alike = 0.8
        quality = min(quality, alike)
        if not quality:
            break
    return quality
