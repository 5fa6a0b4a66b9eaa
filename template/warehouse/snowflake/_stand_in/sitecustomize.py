"""Makes every Python process of the stand-in's environment reach fakesnow when it connects to Snowflake."""

from __future__ import annotations

import logging
import os
import re
from typing import Any

import fakesnow
import fakesnow.transforms
from fakesnow.cursor import FakeSnowflakeCursor

# It warns of comments on columns, which fakesnow leaves out.
logging.getLogger("sqlglot").setLevel(logging.ERROR)

EXECUTE = FakeSnowflakeCursor.execute
STAGE = re.compile(r"""'@("[^"]+"\."%[^"]+")/"([^"]+)"(/[^']*)?'""")
"""A folder of a table's stage, as dlt writes it."""

NOW = re.compile(r"(?i)to_timestamp_ntz\(convert_timezone\('UTC', current_timestamp\(\)\)\)")


def execute(cursor: Any, command: str, *args: Any, **kwargs: Any) -> Any:
    """Run a statement of dlt or dbt, written as fakesnow parses it."""
    if command.startswith("PUT "):
        command = STAGE.sub(r"@\1/\2\3", command).replace("TRUE, AUTO", "TRUE AUTO")
    elif command.startswith("COPY INTO "):
        command = STAGE.sub(r"'@\1/\2\3'", command)
        command = re.sub(r"FILE_FORMAT = \(.*\)", lambda found: found[0].replace(",", ""), command)
        command = re.sub(r"(MATCH_BY_COLUMN_NAME)='(\w+)'", r"\1 = \2", command)
    else:
        # DuckDB keeps temporary tables and views in a database of their own; dbt drops its own in any case.
        command = re.sub(r"(?i)create\s+or\s+replace\s+temporary\s", "create or replace ", command)
        command = NOW.sub("sysdate()", command)
    return EXECUTE(cursor, command, *args, **kwargs)


def merge(expression: Any) -> list[Any]:
    """A merge as it is: DuckDB runs it in one statement, fakesnow in several that need a temporary table."""
    return [expression]


FakeSnowflakeCursor.execute = execute
fakesnow.transforms.merge = merge
PATCH = fakesnow.patch(
    db_path=os.environ["STAND_IN_DATA"],
    # Like Snowflake, which creates no schema by itself.
    create_schema_on_connect=False,
    # fakesnow knows no settings of a session, such as query tags, no comments, and no removal of staged files.
    nop_regexes=["alter session", "remove ", r'\s*alter\s+(table|view)\s+\S+\s+alter\s+"[^"]*" comment', r"\s*comment on"],
)
"""In effect until the process ends, because nothing closes it."""
PATCH.__enter__()
