"""Proposes the role of each table: a fact, the lines of a fact, a dimension, a bridge, a reference, or operational.

The terms are those of Kimball and Ross, "The Data Warehouse Toolkit"; the evidence is keys, times, measures and names.
Each proposal has its reason; `docs/modelling-accuracy.md` says how often it is right.
"""

from platform_new.introspect.roles.decide import propose_roles
from platform_new.introspect.roles.shape import Field, Pointer, Role, Shape
from platform_new.introspect.roles.times import is_audit_time, is_update_time

__all__ = ["Field", "Pointer", "Role", "Shape", "is_audit_time", "is_update_time", "propose_roles"]
