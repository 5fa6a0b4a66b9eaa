"""What `adapter.…` stands for while sqlfluff reads a model."""

from __future__ import annotations

from collections.abc import Callable


def quote(name: str) -> str:
    """The identifier in quotes."""
    return f'"{name}"'


def dispatch(macro: str, package: str = "") -> Callable[..., str]:
    """A type for a macro that names one, else a call of its name."""
    if macro.startswith("type_"):
        return lambda: macro.removeprefix("type_")
    return lambda *arguments: f"{macro}({', '.join(map(str, arguments))})"


def get_columns_in_relation(relation: object) -> list[object]:
    """No columns: there is no warehouse to ask."""
    return []
