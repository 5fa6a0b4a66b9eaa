"""Finds known phrases, such as `birth date`, in names of columns and tables, however their words are joined."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache

from anyascii import anyascii

SHORT_PARTS = ("de", "id", "ip", "no", "nr", "of")
"""Words of two letters that may be joined to longer words; others occur in too many words by chance."""

Words = tuple[str, ...]


class Vocabulary:
    """Every word that a phrase may have, to split names without separators, such as `dateofbirth`."""

    def __init__(self, *groups: Iterable[str]):
        self.words = frozenset(word for group in groups for phrase in group for word in plain(phrase))
        self._split = lru_cache(maxsize=4096)(self._parts)

    def words_of(self, name: str) -> Words:
        """The words of a name, split at separators and, inside of joined words, into known words."""
        return tuple(part for word in plain(name) for part in self._split(word))

    def _parts(self, word: str) -> Words:
        if self._knows(word, at_end=True):
            return (word,)
        # The split into the fewest words; if several exist, the one with longer words first.
        best: list[Words | None] = [()] + [None] * len(word)
        for end in range(1, len(word) + 1):
            for start in range(end - 1):
                before, part = best[start], word[start:end]
                known = self._knows(part, at_end=end == len(word))
                shorter = best[end] is None or (before is not None and len(before) + 1 < len(best[end] or ()))
                if before is not None and known and shorter:
                    best[end] = (*before, part)
        return best[-1] or (word,)

    def _knows(self, word: str, *, at_end: bool) -> bool:
        long_enough = len(word) > 2 or word in SHORT_PARTS
        return long_enough and bool(self.words & (singulars(word) if at_end else {word}))


def plain(name: str) -> Words:
    """The words of a name, split at separators, capitals and digits, in Latin letters without accents."""
    text = anyascii(name)
    text = re.sub(r"([a-z])([A-Z])|([A-Z]+)([A-Z][a-z])", r"\1\3 \2\4", text)
    return tuple(re.findall(r"[a-z]+", text.lower()))


def spellings(phrases: Iterable[str]) -> Iterator[str]:
    """The phrases, with both spellings for umlauts: `geschäft` becomes `geschaft` and `geschaeft`."""
    for phrase in phrases:
        yield phrase
        if set(phrase) & set("äöü"):
            yield phrase.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue")


class Phrases:
    """Phrases to look for; plurals in `s` count as their singulars."""

    def __init__(self, phrases: Iterable[str]):
        self.phrases = frozenset(plain(phrase) for phrase in spellings(phrases))
        self.longest = max((len(phrase) for phrase in self.phrases), default=0)

    def __contains__(self, words: Sequence[str]) -> bool:
        return any(each in self.phrases for each in _numbers(tuple(words)))

    def split(self, words: Words, endings: Collection[str]) -> tuple[Words, Words] | None:
        """The words before and after the last phrase in a name, if all words after it are such endings."""
        for end in range(len(words), 0, -1):
            for start in range(max(end - self.longest, 0), end):
                if words[start:end] in self:
                    return words[:start], words[end:]
            if not singulars(words[end - 1]) & set(endings):
                break
        return None


def singulars(word: str) -> set[str]:
    """The word, and its possible singulars."""
    words = {word}
    if word.endswith("s"):
        words |= {word[:-1], word.removesuffix("es")}
    if word.endswith("ies"):
        words.add(f"{word[:-3]}y")
    return words


def _numbers(words: Words) -> Iterator[Words]:
    """The words unchanged, and with the last word (in Romance languages the first) in the singular."""
    if words:
        yield from ((*words[:-1], word) for word in singulars(words[-1]))
        yield from ((word, *words[1:]) for word in singulars(words[0]))
