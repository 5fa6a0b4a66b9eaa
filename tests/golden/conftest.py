"""The tests inside the golden trees run in generated repositories, not here."""

from trees import PLATFORMS

collect_ignore = list(PLATFORMS)
