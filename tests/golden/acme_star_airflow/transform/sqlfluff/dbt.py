"""A stub of `dbt.…` for linting models with sqlfluff: SQL of the right shape, without dbt."""

from __future__ import annotations

from collections.abc import Callable


def __getattr__(name: str) -> Callable[..., str]:
    """`dbt.type_string()` is a type, and any other macro a call."""
    if name.startswith("__"):
        raise AttributeError(name)
    if name.startswith("type_"):
        return lambda: name.removeprefix("type_")
    if name == "listagg":
        return lambda measure, delimiter, order: f"string_agg({measure}, {delimiter} {order})"
    return lambda *arguments: f"{name}({', '.join(map(str, arguments))})"
