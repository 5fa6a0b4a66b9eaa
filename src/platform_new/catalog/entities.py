"""The names that templates refer to: placeholders in their paths, and places in files of other layers."""

from __future__ import annotations

import re
from collections.abc import Mapping

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
"""A placeholder in a template's path: the template is rendered once for each entity that it names."""

ENTITIES: Mapping[str, str] = {
    "source": "a source with tables",
    "table": "a table of a source, together with `{source}`",
    "mart": "a mart of any kind",
    "served": "a mart that serves a stream together with the table that corrects it",
    "job": "a recurring job: a load, the streams of a source, the marts, the maintenance of the lake",
    "semantic_model": "a fact in the semantic layer, or a dimension in one of its roles",
    "exposure": "a consumer of the marts",
    "renaming": "a renamed source, table or mart",
    "events": "a source of events",
    "topic": "a topic of a source of events",
    "stream": "a stream of a source of events",
    "lookups": "a source of events with a stream that joins tables",
    "scheduled": "a source of events with streams that run on a schedule",
    "service": "a stream that never ends",
    "deployment": "all streams that never end, together",
}
"""The collections of a plan by their singular, except for the entities of modelling styles, which their cards name."""

PLACES: Mapping[str, str] = {
    "airflow_dags": "orchestrate/README.md: after the paragraph on the DAGs",
    "architecture": "docs/architecture.md: before the first paragraph",
    "architecture_flow": "docs/architecture.md, for a kind of source: its arrows to staging",
    "architecture_nodes": "docs/architecture.md, for a kind of source: its nodes",
    "build_dag": "orchestrate/dags/build_marts.py: replaces the DAG with one task for all models",
    "column_meta": "transform/models/marts/*.yml, for a column: further metadata",
    "dbt_models": "transform/dbt_project.yml: folders of models",
    "dbt_marts": "transform/dbt_project.yml: further configuration of all marts",
    "dbt_on_run_end": "transform/dbt_project.yml: what dbt does after a build",
    "dbt_on_run_start": "transform/dbt_project.yml: what dbt does before a build",
    "dbt_project": "transform/dbt_project.yml: further keys",
    "dbt_vars": "transform/dbt_project.yml: variables",
    "dependabot": ".github/dependabot.yml: further updates",
    "env_example": ".env.example: further variables",
    "load_source": "ingest/sources/<source>.py, for a kind of source: replaces how it is loaded",
    "mart_config": "transform/models/marts/*.yml: further configuration of a model",
    "mart_meta": "transform/models/marts/*.yml: further metadata of a model",
    "read_source": "ingest/spec.py: kinds of sources whose tables stand in another file",
    "readme_flow": "README.md, for a kind of source: its arrows to the raw tables",
    "readme_needs": "README.md: further requirements of the machine",
    "real_source": "docs/start-here.md: replaces the section on using the real source",
}
"""The places where a file includes templates of other layers, named like the templates in their `_parts/`."""
