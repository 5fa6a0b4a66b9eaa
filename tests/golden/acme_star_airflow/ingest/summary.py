"""The row counts of the warehouse, and the summary that is printed after a run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ingest.settings import LOCAL_WAREHOUSE, ROOT

TABLES = """
select table_schema, table_name from information_schema.tables
where table_type = 'BASE TABLE' and lower(table_name) not like '!_dlt!_%' escape '!'
    and lower(table_schema) not like '%!_!_loading' escape '!'
    and (
        lower(table_schema) like 'raw!_%' escape '!'
        or lower(table_schema) in ('marts', 'snapshots')
    )
order by table_schema, table_name
"""
Execute = Callable[[str], Iterable[tuple[Any, ...]]]


def count_rows(target: str) -> dict[str, int]:
    """The row counts of every loaded table, snapshot and mart, by `schema.table`."""
    if target != "local":
        from ingest.warehouse import query_warehouse

        return query_warehouse(target, _count)
    if not LOCAL_WAREHOUSE.exists():
        return {}
    import duckdb

    with duckdb.connect(str(LOCAL_WAREHOUSE)) as connection:
        return _count(lambda query: connection.execute(query).fetchall())


def _count(execute: Execute) -> dict[str, int]:
    counts = [
        f'select \'{schema.lower()}.{table.lower()}\', count(*) from "{schema}"."{table}"'
        for schema, table in execute(TABLES)
    ]
    return dict(execute(" union all ".join(counts))) if counts else {}


def show(outcome: dict[str, Any]) -> None:
    """Print what was built, what failed, and what to do next."""
    for line in _lines(outcome):
        print(line)


def _lines(outcome: dict[str, Any]) -> Iterable[str]:
    yield ""
    for name, source in outcome["sources"].items():
        tables, rows = len(source["rows"]), sum(source["rows"].values())
        what = f"{source['mode']} data: {rows:,} rows in {tables} tables, {source['seconds']} s"
        yield f"  {name:<20} {source.get('error', what)}"
        for table, count in source.get("rejects", {}).items():
            yield f"  {'':<20} {table}: {count:,} lines rejected, see raw_{name}._rejects"
        for finding in source["drift"]:
            yield f"  {'':<20} changed at the source: {finding}"
        for what in source.get("replaced", ()):
            yield f"  {'':<20} replaced: {what}"
        for line in source.get("notes", ()):
            yield f"  {'':<20} {line}"
        for table, reason in source.get("failed", {}).items():
            yield f"  {'':<20} failed: {table}. {reason}"
    marts = {name: rows for name, rows in outcome["rows"].items() if name.startswith("marts.")}
    for name, rows in marts.items():
        yield f"  {name.removeprefix('marts.'):<44} {rows:>12,} rows"
    models, tests = outcome["models"], outcome["tests"]
    yield f"  models  {_parts(models)}"
    yield f"  tests   {_parts(tests)}"
    times = ", ".join(f"{step['name']} {step['seconds']} s" for step in outcome["steps"])
    yield f"  time    {times}; {outcome['seconds']} s in total"
    for failure in outcome["failures"]:
        yield f"  failed  {failure['name']}: {' '.join(failure['message'].split())[:200]}"
    yield ""
    if not outcome["ok"]:
        yield "The run failed: see above, docs/runbooks/ and transform/logs/dbt.log."
    elif outcome["target"] == "local":
        where = LOCAL_WAREHOUSE.relative_to(ROOT)
        yield f"Done. The data is in {where}. Next: `make docs`, `make test`, `make check`."
    else:
        yield "Done. The production warehouse is up to date."


def _parts(counts: dict[str, int]) -> str:
    first, *others = counts.items()
    shown = [first, *(item for item in others if item[1])]
    return ", ".join(f"{number} {name}" for name, number in shown)
