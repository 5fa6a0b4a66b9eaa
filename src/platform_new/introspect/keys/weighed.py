"""A guess with its evidence, and both in words."""

from __future__ import annotations

from dataclasses import dataclass

from platform_new.introspect.keys.evidence import Columns, Inclusion
from platform_new.introspect.keys.names import Guess


@dataclass(frozen=True)
class Weighed:
    """A guess with the evidence of its values, and the score of both together."""

    guess: Guess
    inclusion: Inclusion | None
    score: float

    @property
    def to(self) -> Columns:
        """The key that it points to."""
        return self.guess.link.target

    @property
    def reason(self) -> str:
        """Why, such as `inferred from its name; all 90 sampled values exist there`."""
        if self.inclusion is None:
            return f"{self.guess.why}; its values were not compared"
        values, missing = self.inclusion
        if not values:
            return f"{self.guess.why}; it has no values yet"
        if missing:
            return f"{self.guess.why}; {missing:,} of {values:,} sampled values are missing there"
        found = f"all {values:,} sampled values exist there" if values > 1 else "the only sampled value exists there"
        return f"{self.guess.why}; {found}"
