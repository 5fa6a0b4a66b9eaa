"""What a row of a stream's table is. The table says it itself, so that rows of another meaning never come beside it.

Columns do not say it all: they are the same whether a window is five minutes long or ten.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession

from stream.errors import StreamError
from stream.model import WINDOW, Stream

PROPERTY = "stream.table"
MADE = "column "


@dataclass(frozen=True)
class Kept:
    """What a table keeps of itself, as a property of it: what its rows are, and how often all were made anew.

    `repair` is the last repair of dead letters that they were made with.
    """

    definition: Mapping[str, str] = field(default_factory=dict)
    rebuilds: int = 0
    repair: int = 0

    @property
    def property(self) -> str:
        """As the text of the property."""
        return json.dumps(vars(self))


def definition(stream: Stream) -> dict[str, str]:
    """What a row of the stream's table is, part by part."""
    topic, window = stream.topic, stream.window
    made = {f"{MADE}{name}": of for name, of in stream.made_of.items()}
    if window is None:
        return {"topic": topic.name, **made}
    given = {*WINDOW, *stream.whole}
    return {
        "topic": topic.name,
        "event time": topic.event_time,
        "window": f"{window.length} seconds every {window.slide}",
        "groups": ", ".join(name for name in stream.schema.names if name not in given),
        **made,
    }


def kept(spark: SparkSession, path: str) -> Kept:
    """What the table keeps of itself; nothing, if there is no such table or if it is new."""
    try:
        found = spark.sql(f"SHOW TBLPROPERTIES delta.`{path}`").collect()
    except AnalysisException as error:
        if error.getCondition() != "DELTA_MISSING_DELTA_TABLE":
            raise
        return Kept()
    text = next((row.value for row in found if row.key == PROPERTY), None)
    return Kept(**json.loads(text)) if text else Kept()


def keep(spark: SparkSession, path: str, stream: Stream, before: Kept) -> None:
    """Have the table keep what its rows are."""
    now = replace(before, definition=definition(stream))
    if now != before:
        text = now.property.replace("\\", "\\\\").replace("'", "\\'")
        spark.sql(f"ALTER TABLE delta.`{path}` SET TBLPROPERTIES ('{PROPERTY}' = '{text}')")


def refuse_another(path: str, there: Kept, stream: Stream) -> None:
    """Raise `StreamError` if the rows of the table are not what those of the stream would be."""
    if there.definition and (found := "; ".join(changes(there.definition, definition(stream)))):
        raise StreamError.changed(path, stream.query, found)


def changes(there: Mapping[str, str], wanted: Mapping[str, str]) -> Iterator[str]:
    """What is wanted otherwise than it is there. What is wanted no more changes no row."""
    for name in {**there, **wanted}:
        old, new = there.get(name), wanted.get(name)
        if old != new and not (new is None and name.startswith(MADE)):
            yield f"{name} is {old or 'nothing'} there, and {new or 'nothing'} in the spec"
