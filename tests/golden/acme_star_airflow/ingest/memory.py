"""Changes the state of former loads, which dlt stores in the warehouse next to their rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dlt.common.versioned_state import compress_state, decompress_state
from dlt.destinations.sql_client import SqlClientBase
from dlt.pipeline.state_sync import bump_pipeline_state_version_if_modified

STATE, LOADS, TABLES = "_dlt_pipeline_state", "_dlt_loads", "_dlt_version"


def rewrite(
    client: SqlClientBase[Any],
    pipeline: str,
    change: Callable[[dict[str, Any]], None],
    new_name: str | None = None,
) -> None:
    """Change the state that the last load of a pipeline stored, and optionally the pipeline's name.

    dlt's record of the table schemas is deleted; the next load writes it again.
    """
    state, loads, tables = map(client.make_qualified_table_name, (STATE, LOADS, TABLES))
    stored = client.execute_sql(
        f"select _dlt_load_id, state from {state} where pipeline_name = %s and _dlt_load_id in "
        f"(select load_id from {loads} where status = 0) order by _dlt_load_id desc limit 1",
        pipeline,
    )
    for load, text in stored or ():
        changed = decompress_state(text)
        change(changed)
        bump_pipeline_state_version_if_modified(changed)
        client.execute_sql(
            f"update {state} set state = %s where pipeline_name = %s and _dlt_load_id = %s",
            compress_state(changed),
            pipeline,
            load,
        )
    if new_name:
        client.execute_sql(
            f"update {state} set pipeline_name = %s where pipeline_name = %s", new_name, pipeline
        )
    client.execute_sql(f"delete from {tables}")
