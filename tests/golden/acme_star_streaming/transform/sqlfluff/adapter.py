"""A stub of `adapter.…` for linting models with sqlfluff."""

from __future__ import annotations

from collections.abc import Callable


def quote(name: str) -> str:
    """The identifier in quotes."""
    return f'"{name}"'


def dispatch(macro: str, package: str = "") -> Callable[..., str]:
    """The type that a `type_…` macro names; for any other macro, a call by its name."""
    if macro.startswith("type_"):
        return lambda: macro.removeprefix("type_")
    return lambda *arguments: f"{macro}({', '.join(map(str, arguments))})"


def get_columns_in_relation(relation: object) -> list[object]:
    """No columns, because there is no warehouse."""
    return []
