"""The golden trees have tests of their own, which run in generated repositories and not here."""

from trees import PLATFORMS

collect_ignore = list(PLATFORMS)
