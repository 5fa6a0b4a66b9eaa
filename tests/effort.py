"""The number of random cases: a few, the same each time, or ten times as many new ones in an exhaustive run."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, Phase, settings

REPEATABLE = "repeatable"
EXAMPLES = 50
"""The default number of cases of a test."""
TIMES = 10
"""The factor for an exhaustive run."""
DEPTH = int(os.environ.get("DEPTH", "1"))
"""A further factor for an exhaustive run that may take hours."""
SLOW_TO_DRAW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
WITHOUT_SHRINKING = (Phase.explicit, Phase.generate)
"""For examples that take tenths of a second each, where shrinking would take minutes."""

ON_ANY_MACHINE: dict[str, Any] = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow], "database": None}
"""A busy machine is not a failure."""

settings.register_profile(REPEATABLE, derandomize=True, max_examples=EXAMPLES, **ON_ANY_MACHINE)
settings.register_profile(
    "exhaustive", derandomize=False, print_blob=True, max_examples=EXAMPLES * TIMES * DEPTH, **ON_ANY_MACHINE
)


def cases(number: int, in_depth: int | None = None, **options: Any) -> settings:
    """A decorator that sets the number of cases of a run; an exhaustive run tries `in_depth`, or ten times as many."""
    repeated = settings.default.derandomize
    return settings(max_examples=number if repeated else DEPTH * (in_depth or number * TIMES), **options)


def planned(test):
    """For tests that only plan specs, which takes milliseconds each."""
    return cases(15, suppress_health_check=SLOW_TO_DRAW)(test)


def rendered(test):
    """For tests that write specs to disk."""
    return cases(5, suppress_health_check=SLOW_TO_DRAW, phases=WITHOUT_SHRINKING)(test)
