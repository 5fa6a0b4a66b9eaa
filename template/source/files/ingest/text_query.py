"""The DuckDB query that casts the texts of fields to the columns of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ingest.duckdb_sql import cast_type, condition, literal
from ingest.reader import Window
from ingest.spec import Column
from ingest.text_files.records import Layout
from ingest.text_files.values import given, value


def typed_rows(
    names: Sequence[str], columns: Sequence[Column], layout: Layout, window: Window | None
) -> tuple[str, list[Any]]:
    """The query from the table `lines` to typed values, `line` and `misfit`, with its parameters.

    `lines` has the number of each line and the texts of its fields, `field0`, `field1`… `misfit` is
    empty, or names the texts that do not fit the types of their columns.
    """
    places = {name: number for number, name in enumerate(names)}
    texts, values, misfits = ["line"], ["line"], []
    for number, column in enumerate(columns):
        if column.origin not in places:
            values.append(f"null::{cast_type(column.type)} as value{number}")
            continue
        field = f"field{places[column.origin]}"
        texts.append(f"{given(field, column.type, layout)} as text{number}")
        typed = value(f"text{number}", column.type, layout)
        values += [f"text{number}", f"{typed} as value{number}"]
        shown = f"column `{column.origin}`: `"
        misfits.append(
            f"case when text{number} is not null and value{number} is null then "
            f"{literal(shown)} || left(text{number}, 60) || "
            f"{literal(f'` is not of type `{column.type}`')} end"
        )
    misfit = f"concat_ws('; ', {', '.join(misfits)})" if misfits else "''"
    where, parameters = _window(columns, window)
    results = ", ".join(f"value{number}" for number in range(len(columns)))
    return (
        f"select {results}, line, misfit from (select *, {misfit} as misfit from "
        f"(select {', '.join(values)} from (select {', '.join(texts)} from lines))){where}"
    ), parameters


def _window(columns: Sequence[Column], window: Window | None) -> tuple[str, list[Any]]:
    if window is None:
        return "", []
    number = [column.name for column in columns].index(window.column.name)
    cursor = replace(window.column, origin=f"value{number}")
    where, parameters = condition(
        replace(window, column=cursor), {cursor.origin: cast_type(cursor.type).upper()}
    )
    return where.replace(" where ", " where misfit != '' or (", 1) + ")", parameters
