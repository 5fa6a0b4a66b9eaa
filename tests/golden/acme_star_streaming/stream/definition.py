"""The definition of a stream's rows, as a property of the table, so that the table never mixes two definitions.

The columns alone do not tell: they are the same whether a window is five minutes long or ten.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession

from stream.errors import StreamError
from stream.model import Stream

PROPERTY = "stream.table"
MADE = "column "


@dataclass(frozen=True)
class Kept:
    """The property of a table: the definition of its rows, the number of its rebuilds, and the last repair in them."""

    definition: Mapping[str, str] = field(default_factory=dict)
    rebuilds: int = 0
    repair: int = 0

    @property
    def property(self) -> str:
        """The value of the property."""
        return json.dumps(vars(self))


def definition(stream: Stream) -> dict[str, str]:
    """The definition of the stream's rows, part by part."""
    topic, window = stream.topic, stream.window
    made = {f"{MADE}{name}": of for name, of in stream.made_of.items()}
    if window is None:
        return {"topic": topic.name, **made}
    return {
        "topic": topic.name,
        "event time": topic.event_time,
        "window": f"{window.length} seconds every {window.slide}",
        "groups": ", ".join(stream.groups),
        **made,
    }


def kept(spark: SparkSession, path: str) -> Kept:
    """The property of the table; an empty one if the table is new or does not exist."""
    try:
        found = spark.sql(f"SHOW TBLPROPERTIES delta.`{path}`").collect()
    except AnalysisException as error:
        if error.getCondition() != "DELTA_MISSING_DELTA_TABLE":
            raise
        return Kept()
    text = next((row.value for row in found if row.key == PROPERTY), None)
    return Kept(**json.loads(text)) if text else Kept()


def keep(spark: SparkSession, path: str, stream: Stream, before: Kept) -> None:
    """Write the definition of the stream to the table."""
    now = replace(before, definition=definition(stream))
    if now != before:
        text = now.property.replace("\\", "\\\\").replace("'", "\\'")
        spark.sql(f"ALTER TABLE delta.`{path}` SET TBLPROPERTIES ('{PROPERTY}' = '{text}')")


def refuse_another(path: str, there: Kept, stream: Stream) -> None:
    """Raise `StreamError` if the rows of the table have another definition than the stream."""
    if there.definition and (found := "; ".join(changes(there.definition, definition(stream)))):
        raise StreamError(
            f"The table {path} has rows of an earlier definition, and nothing was added: {found}. "
            f"Undo the change, or run `make rebuild STREAM={stream.query}`",
            page="stream-changed",
        )


def changes(there: Mapping[str, str], wanted: Mapping[str, str]) -> Iterator[str]:
    """The differences between the table and the stream. A column that the stream drops changes no row."""
    for name in {**there, **wanted}:
        old, new = there.get(name), wanted.get(name)
        if old != new and not (new is None and name.startswith(MADE)):
            yield f"{name} is {old or 'nothing'} there, and {new or 'nothing'} in the spec"
