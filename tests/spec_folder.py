"""The spec files of a repository, for tests that need a whole spec on disk."""

from __future__ import annotations

from pathlib import Path

from platform_new.spec.models import Spec
from platform_new.spec.write import platform_yaml, source_yaml


def write_spec(folder: Path, spec: Spec) -> None:
    """Write a spec's `platform.yml` and `sources/*.yml` to an empty folder."""
    (folder / "sources").mkdir()
    (folder / "platform.yml").write_text(platform_yaml(spec.platform), encoding="utf-8", newline="\n")
    for source in (*spec.sources, *spec.event_sources):
        (folder / "sources" / f"{source.name}.yml").write_text(source_yaml(source), encoding="utf-8", newline="\n")
