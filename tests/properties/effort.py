"""How hard hypothesis tries: a little on each run of the tests, more where the profile of the run says so."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings

EFFORT = settings.default.max_examples // 100
SLOW_TO_DRAW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]

planned = settings(max_examples=30 * EFFORT, deadline=None, suppress_health_check=SLOW_TO_DRAW)
"""For examples that are only planned: milliseconds each."""

rendered = settings(
    max_examples=6 * EFFORT,
    deadline=None,
    suppress_health_check=SLOW_TO_DRAW,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
"""For examples that are written to disk: some tenths of a second each, so that shrinking one would take minutes."""
