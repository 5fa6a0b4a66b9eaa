"""Whether a repository keeps its promises: its spec holds, its files are as planned, its own checks pass."""

from platform_new.verify.check import check

__all__ = ["check"]
