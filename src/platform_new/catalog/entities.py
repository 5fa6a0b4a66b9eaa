"""What templates refer to by name: the placeholders in their paths, and the places in files of other layers."""

from __future__ import annotations

import re
from collections.abc import Mapping

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
"""In a template's path: once for each of what it names."""

ENTITIES: Mapping[str, str] = {
    "source": "a source with tables",
    "table": "a table of a source, together with `{source}`",
    "mart": "a mart, whatever its kind",
    "served": "a mart that serves a stream together with what corrects it",
    "job": "something that runs again and again: a load, the streams of a source, the marts, the care of the lake",
    "exposure": "what the marts of a source are read by",
    "renaming": "a renamed source, table or mart",
    "events": "a source of events",
    "topic": "a topic of a source of events",
    "stream": "a stream of a source of events",
    "lookups": "a source of events of which a stream joins tables",
    "scheduled": "a source of events with streams that run on a schedule",
    "service": "a stream that never ends",
    "deployment": "all streams that never end, once",
}
"""The collections of a plan by their singular, without those of the modelling styles, which their cards name."""

PLACES: Mapping[str, str] = {
    "architecture": "docs/architecture.md: before the first paragraph",
    "architecture_flow": "docs/architecture.md, of a kind of source: its arrows to staging",
    "architecture_nodes": "docs/architecture.md, of a kind of source: its nodes",
    "dbt_models": "transform/dbt_project.yml: folders of models",
    "dbt_on_run_end": "transform/dbt_project.yml: what dbt does after a build",
    "dbt_on_run_start": "transform/dbt_project.yml: what dbt does before a build",
    "dbt_project": "transform/dbt_project.yml: further keys",
    "dbt_vars": "transform/dbt_project.yml: variables",
    "dependabot": ".github/dependabot.yml: further updates",
    "env_example": ".env.example: further variables",
    "readme_flow": "README.md, of a kind of source: its arrows to the raw tables",
    "readme_needs": "README.md: what else a machine needs",
    "real_source": "docs/start-here.md: instead of how the real source is used",
}
"""Where a file takes what other layers add to it: the names of the templates in their `_parts/`."""
