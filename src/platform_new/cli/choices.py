"""`platform-new choices`: list the available choices."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from platform_new.catalog import Axis


def _axes(incomplete: str) -> list[str]:
    from platform_new.catalog import load_catalog

    return [axis for axis in load_catalog().axes if axis.startswith(incomplete)]


def command(
    axis: Annotated[
        str | None,
        typer.Argument(metavar="[AXIS]", help="List only this axis.", show_default=False, autocompletion=_axes),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the catalog as JSON.")] = False,
) -> None:
    """List the available choices, and when to choose each.

    \b
    platform-new choices
    platform-new choices warehouse --json
    """
    from platform_new.catalog import load_catalog
    from platform_new.documents.suggest import did_you_mean
    from platform_new.errors import Problem, Refused

    axes = load_catalog().axes
    if axis and axis not in axes:
        raise Refused(Problem("unknown axis", did_you_mean(axis, axes), value=axis))
    shown = [axes[axis]] if axis else list(axes.values())
    if as_json:
        print(json.dumps({each.name: _as_data(each) for each in shown}, indent=2, ensure_ascii=False))
        return
    width = max(len(name) for each in shown for name in each.choices)
    for number, each in enumerate(shown):
        print(f"{chr(10) if number else ''}{each.name}: {each.question}")
        for name, choice in each.choices.items():
            default = " (default)" if name in each.default else ""
            print(f"  {name:<{width}}  {choice.label}{default}: {choice.summary}")
            print(f"  {'':<{width}}  {choice.why} [{choice.status}]")


def _as_data(axis: Axis) -> dict[str, Any]:
    return {
        "question": axis.question,
        "default": list(axis.default) if axis.many else next(iter(axis.default), None),
        "many": axis.many,
        "choices": {
            name: {"label": each.label, "summary": each.summary, "why": each.why, "status": each.status}
            for name, each in axis.choices.items()
        },
    }
