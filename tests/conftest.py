"""What all tests share: hypothesis without deadlines, since a loaded machine is no failure."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("default", deadline=None)
settings.load_profile("default")
