"""Renders a plan to files: copier renders one driver template that yields every planned file."""

from __future__ import annotations

from pathlib import Path

from platform_new.catalog import Catalog
from platform_new.plan import Plan
from platform_new.render.companions import baseline_text, companions

__all__ = ["baseline_text", "companions", "render"]


def render(plan: Plan, catalog: Catalog, folder: Path | None = None) -> dict[str, str]:
    """The texts of all planned files, by path; written into `folder`, which has to be empty, if it is given.

    The same plan and templates give the same bytes: nothing depends on the clock, the machine, the user or the network.
    """
    import copier
    import plumbum

    from platform_new.render.copier_extension import handing_over

    with handing_over(plan, catalog) as texts, plumbum.local.env(PATH=""):
        copier.run_copy(
            str(catalog.root),
            folder or catalog.root / "nowhere",
            data={},
            defaults=True,
            overwrite=True,
            quiet=True,
            unsafe=True,
            pretend=folder is None,
        )
    for file in plan.files:
        if file.executable and folder:
            (folder / file.path).chmod(0o755)
    return texts
