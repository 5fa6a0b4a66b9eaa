"""Check a repository: the spec is valid, the files match the plan, and the repository's own checks pass."""

from platform_new.verify.check import check

__all__ = ["check"]
