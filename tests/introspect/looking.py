"""Introspects a source, and checks what must hold for every source."""

from __future__ import annotations

import cProfile
import pstats
from collections.abc import Callable
from pathlib import Path

from ruamel.yaml import YAML

from platform_new.catalog import load_catalog
from platform_new.introspect import Introspection, introspect
from platform_new.spec.models import Platform, Source, Spec
from platform_new.spec.rules import check
from platform_new.spec.write import source_yaml


def roles(source: Source) -> dict[str, str]:
    """The role of each table, with the header of lines."""
    return {table.name: f"line of {table.line_of}" if table.line_of else table.role for table in source.tables}


def work(action: Callable[[], object]) -> int:
    """The cost of an action in function calls, which unlike seconds are the same on every machine."""
    with cProfile.Profile() as profile:
        action()
    return pstats.Stats(profile).total_calls


def check_work(address_of: Callable[[int], str], few: int = 50, many: int = 200) -> None:
    """The cost of introspecting and writing many tables is linear in their number."""

    def cost(count: int) -> int:
        address = address_of(count)

        def action() -> None:
            sighting = introspect(address)
            assert len(sighting.source.tables) == count
            assert source_yaml(sighting.source, sighting.reasons).count("\n  - name: ") == count

        return work(action)

    of_few, of_many = cost(few), cost(many)
    assert of_many < 1.25 * many / few * of_few


def look(address: str | Path, **options) -> tuple[Source, Introspection]:
    """The proposal of `introspect`, which must obey every rule of a spec and be the same when written and read."""
    sighting = introspect(str(address), **options)
    findings = check(Spec(platform=Platform(name="acme"), sources=(sighting.source,)), load_catalog())
    assert findings == []
    text = source_yaml(sighting.source, sighting.reasons)
    assert Source.model_validate(YAML(typ="safe").load(text)) == sighting.source
    comments = " ".join(" ".join(line.partition("# ")[2] for line in text.splitlines()).split())
    for path, reason in sighting.reasons.items():
        assert " ".join(reason.split())[:40] in comments, path
    return sighting.source, sighting
