"""dlt's naming convention for Snowflake, which dlt imports by the name of this module.

The names of the spec stay as they are, and are written in upper case, as Snowflake stores names
without quotes: dbt and people need no quotes.
"""

from __future__ import annotations

from dlt.common.normalizers.naming import direct


class NamingConvention(direct.NamingConvention):
    """The names of the spec, in any case."""

    @property
    def is_case_sensitive(self) -> bool:
        """Not: names that differ only in case are the same."""
        return False
