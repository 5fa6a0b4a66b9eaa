"""How many random cases are tried: a few, the same each time, or ten times as many others in an exhaustive run."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, Phase, settings

REPEATABLE = "repeatable"
EXAMPLES = 50
"""What a test tries that says nothing else."""
TIMES = 10
"""How many times as many an exhaustive run tries."""
SLOW_TO_DRAW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
WITHOUT_SHRINKING = (Phase.explicit, Phase.generate)
"""For examples of some tenths of a second each, of which to shrink one would take minutes."""

settings.register_profile(REPEATABLE, deadline=None, derandomize=True, database=None, max_examples=EXAMPLES)
settings.register_profile(
    "exhaustive", deadline=None, derandomize=False, database=None, print_blob=True, max_examples=EXAMPLES * TIMES
)


def cases(number: int, in_depth: int | None = None, **options: Any) -> settings:
    """A decorator: so many cases on each run of the tests; ten times as many, or `in_depth`, exhaustively."""
    repeated = settings.default.derandomize
    return settings(max_examples=number if repeated else in_depth or number * TIMES, **options)


def planned(test):
    """For specs that are only planned: milliseconds each."""
    return cases(15, suppress_health_check=SLOW_TO_DRAW)(test)


def rendered(test):
    """For specs that are written to disk."""
    return cases(5, suppress_health_check=SLOW_TO_DRAW, phases=WITHOUT_SHRINKING)(test)
