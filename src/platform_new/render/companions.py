"""The files of a repository besides its planned files: the spec, its schemas, and the baseline."""

from __future__ import annotations

from collections.abc import Mapping

from platform_new import __version__
from platform_new.catalog import Catalog
from platform_new.merge import baseline
from platform_new.plan import Plan, names_of
from platform_new.spec.models import Platform, Spec
from platform_new.spec.schema import schema_files
from platform_new.spec.write import platform_yaml, source_yaml


def companions(
    texts: Mapping[str, str], plan: Plan, spec: Spec, catalog: Catalog, source_texts: Mapping[str, str]
) -> dict[str, str]:
    """The files of a repository besides its planned files, by path: the spec, its schemas and the baseline.

    `texts` are the texts of the planned files; `source_texts` the texts of sources whose files hold more than the spec,
    such as comments.
    """
    written = _schemas(catalog)
    written["platform.yml"] = platform_yaml(_with_choices(plan), catalog)
    for source in (*spec.sources, *spec.event_sources):
        written[f"sources/{source.name}.yml"] = source_texts.get(source.name) or source_yaml(source)
    written[baseline.PATH] = baseline_text(texts, plan, catalog)
    return written


def baseline_text(texts: Mapping[str, str], plan: Plan, catalog: Catalog) -> str:
    """The baseline as a repository stores it; its spec has no comments, since they do not affect the result."""
    executable = frozenset(file.path for file in plan.files if file.executable)
    spec = {f"sources/{source.name}.yml": source_yaml(source.spec) for source in plan.sources}
    spec |= {f"sources/{source.name}.yml": source_yaml(source.spec) for source in plan.events}
    spec["platform.yml"] = platform_yaml(_with_choices(plan))
    return baseline.dump(baseline.Baseline(__version__, {**texts, **_schemas(catalog)}, executable, spec))


def _schemas(catalog: Catalog) -> dict[str, str]:
    return {f".platform/schema/{name}": text for name, text in schema_files(catalog).items()}


def _with_choices(plan: Plan) -> Platform:
    return plan.platform.model_copy(update=names_of(plan.choices))
