"""The plan of a repository, as data: sources, staging models, marts, contracts, files, and the reason for each."""

from platform_new.plan.make import make_plan
from platform_new.plan.model import PlannedFile
from platform_new.plan.plan import Plan, names_of

__all__ = ["Plan", "PlannedFile", "make_plan", "names_of"]
