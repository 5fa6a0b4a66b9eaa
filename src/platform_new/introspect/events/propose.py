"""Proposes a source of events from a file of sample events (JSON lines, in order of arrival).

Whatever holds for every event of the file is proposed, with its reason: the owner of the source has to decide whether
it holds for all future events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from platform_new.errors import Problem, Refused
from platform_new.introspect import personal
from platform_new.introspect.address import Address
from platform_new.introspect.engines.duckdb_types import canonical
from platform_new.introspect.events.topic import first_stream
from platform_new.introspect.naming import field_names, safe_name, source_name
from platform_new.spec.events.models import OBJECT, EventField, EventSource, Topic

Reasons = dict[tuple[str, ...], str]
ENOUGH_EVENTS, ENOUGH_OF_EACH, MOST_VALUES = 1_000, 20, 25
"""When the sample is taken to have all values of a text field: it is large, and no value in it is rare."""
SAMPLES = 40


@dataclass
class _Sample:
    """The events as a DuckDB table `sample` of typed columns with `_arrival`, and as a table `raw` of JSON."""

    connection: Any
    count: int

    def ask(self, query: str) -> tuple[Any, ...]:
        return self.connection.execute(query).fetchone()


def introspect_samples(
    address: Address, name: str | None, progress: Callable[[str], None]
) -> tuple[EventSource, Reasons]:
    """The proposed source with one topic, and the reason for each proposal by its path in the spec.

    Raises `Refused` if the file does not consist of JSON objects, or none of their fields is a timestamp.
    """
    import duckdb

    progress(f"Reading {address.path.name}")
    stem = safe_name(address.path.name.partition(".")[0], "events")
    connection = duckdb.connect()
    try:
        path = str(address.path).replace("'", "''")
        reader = f"read_json('{path}', format = 'newline_delimited', sample_size = -1, maximum_depth = 8)"
        connection.execute("set preserve_insertion_order = true")
        connection.execute(f"create table sample as select row_number() over () as _arrival, * from {reader}")
        connection.execute(f"create table raw as select json as event from read_ndjson_objects('{path}')")
        sample = _Sample(connection, connection.execute("select count(*) from sample").fetchone()[0])
        objects = connection.execute("select count(*) from raw where json_type(event) = 'OBJECT'").fetchone()[0]
        if not objects:
            hint = "name a file with one JSON object on each line"
            raise Refused(Problem("the file has no events", hint, value=str(address.path)))
        return _propose(sample, stem, source_name(name or stem, "events"))
    except duckdb.Error as error:
        reason = f"the file does not have one JSON object on each line: {str(error).splitlines()[0]}"
        raise Refused(Problem(reason, "check the file", value=str(address.path))) from error
    finally:
        connection.close()


def _propose(sample: _Sample, topic: str, name: str) -> tuple[EventSource, Reasons]:
    reasons: Reasons = {("topics", topic): f"from a sample of {sample.count:,} events"}
    columns = {column: type_ for column, type_ in _columns(sample) if column != "_arrival"}
    fields = tuple(_fields(sample, topic, columns, (), ("topics", topic), reasons))
    time, disorder, worst = _event_time(sample, fields)
    reasons["topics", topic, "event_time"] = (
        f"{disorder:,} of {sample.count:,} events arrive after a later event"
        if disorder
        else "the events arrive in this order"
    )
    minutes = -(-worst // 60)
    if minutes:
        reasons["topics", topic, "lateness"] = f"events arrive up to {worst:,} s after a later event"
    key, why = _key(sample, fields, time)
    if key:
        reasons["topics", topic, "key"] = why
    spec = Topic(
        name=topic,
        key=key,
        event_time=time,
        lateness=f"{minutes} minutes" if minutes != 1 else "1 minute",
        fields=fields,
    )
    source = EventSource(name=name, kind="kafka", topics=(spec,), streams=(first_stream(spec),))
    return source, reasons


def _columns(sample: _Sample) -> Iterator[tuple[str, Any]]:
    relation = sample.connection.table("sample")
    yield from zip(relation.columns, relation.types, strict=True)


def _fields(
    sample: _Sample,
    topic: str,
    columns: dict[str, Any],
    above: tuple[str, ...],
    path: tuple[str, ...],
    reasons: Reasons,
) -> Iterator[EventField]:
    names = field_names(columns)
    for origin, type_ in columns.items():
        here = (*path, "fields", names[origin])
        yield _field(sample, topic, type_, (*above, origin), names[origin], here, reasons)


def _field(
    sample: _Sample,
    topic: str,
    type_: Any,
    origin: tuple[str, ...],
    name: str,
    path: tuple[str, ...],
    reasons: Reasons,
) -> EventField:
    repeated = type_.id == "list"
    inner = type_.children[0][1] if repeated else type_
    place = ".".join(_quoted(part) for part in origin)
    holder = ".".join(_quoted(part) for part in origin[:-1])
    present, of = sample.ask(f"select count({place}), {f'count({holder})' if holder else 'count(*)'} from sample")
    known = {"name": name, "origin": origin[-1] if origin[-1] != name else None, "required": present == of}
    if inner.id == "struct" and not repeated:
        below = dict(inner.children)
        return EventField(type=OBJECT, fields=tuple(_fields(sample, topic, below, origin, path, reasons)), **known)
    if inner.id in ("struct", "map", "union", "list"):
        # Lists of objects stay JSON: a model downstream of the lake can unnest them.
        return EventField(type="json", **known)
    declared = str(inner)
    type_name = canonical(declared).type
    if type_name == "text" and not repeated and _are_times(sample, place):
        # DuckDB reads times with different offsets as text.
        type_name = "timestamp"
    if type_name == "timestamp" and not repeated and _has_zone(sample, origin):
        type_name = "timestamptz"
    if repeated:
        return EventField(type=type_name, repeated=True, **known)
    values = _values(sample, place, present) if type_name == "text" else None
    samples = [] if type_name != "text" else _texts(sample, place)
    found = personal.guess(topic, name, type_name, samples) if values is None else None
    if values:
        reasons[(*path, "values")] = f"all values in {present:,} events; events with other values become dead letters"
    if found:
        reasons[(*path, "pii")] = found[1]
    return EventField(type=type_name, values=values, pii=found[0] if found else None, **known)


def _values(sample: _Sample, place: str, present: int) -> tuple[str, ...] | None:
    if present < ENOUGH_EVENTS:
        return None
    query = (
        f"select list(value order by value), min(n), count(*) from "
        f"(select {place} as value, count(*) as n from sample where {place} is not null group by 1 "
        f"limit {MOST_VALUES + 1})"
    )
    values, rarest, count = sample.ask(query)
    return tuple(values) if count <= MOST_VALUES and rarest >= ENOUGH_OF_EACH else None


def _texts(sample: _Sample, place: str) -> list[str]:
    query = f"select {place} from sample where {place} is not null limit {SAMPLES}"
    return [str(row[0]) for row in sample.connection.execute(query).fetchall()]


def _are_times(sample: _Sample, place: str) -> bool:
    written = f"regexp_matches({place}, '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}[T ][0-9]{{2}}:')"
    times = f"count(*) filter ({written} and try_cast({place} as timestamp) is not null)"
    count, all_ = sample.ask(f"select {times}, count({place}) from sample")
    return 0 < count == all_


def _has_zone(sample: _Sample, origin: tuple[str, ...]) -> bool:
    path = "$" + "".join(f'."{part}"' for part in origin).replace("'", "''")
    text = f"json_extract_string(event, '{path}')"
    missing = f"{text} is not null and not regexp_matches({text}, '(Z|[+-][0-9]{{2}}:?[0-9]{{2}})$')"
    return sample.ask(f"select count(*) from raw where {missing}")[0] == 0


def _event_time(sample: _Sample, fields: tuple[EventField, ...]) -> tuple[str, int, int]:
    """The timestamp that every event has and that fits the order of arrival best, and how well it fits.

    The last two values are how many events arrive after a later event, and by how many seconds at most.
    """
    times = [field for field in fields if field.required and not field.is_nested and field.data_type.is_timestamp]
    measured = [(*_disorder(sample, field), position, field.name) for position, field in enumerate(times)]
    if not measured:
        reason = "no field is a timestamp that every event has"
        raise Refused(Problem(reason, "add one: a stream needs to know when an event happened"))
    disorder, worst, _, name = min(measured)
    return name, disorder, worst


def _disorder(sample: _Sample, field: EventField) -> tuple[int, int]:
    time = f"cast({_quoted(field.source_name)} as timestamp)"
    seen = f"max({time}) over (order by _arrival)"
    behind = f"select epoch({seen}) - epoch({time}) as behind from sample"
    query = f"select count(*) filter (behind > 0), coalesce(max(behind), 0) from ({behind})"
    count, worst = sample.ask(query)
    return count, int(-(-worst // 1))


def _key(sample: _Sample, fields: tuple[EventField, ...], time: str) -> tuple[str | None, str]:
    """The field with the most distinct values among the fields whose values repeat."""
    able = []
    for field in fields:
        if field.required and field.type in ("text", "integer", "bigint", "uuid") and field.name != time:
            (distinct,) = sample.ask(f"select count(distinct {_quoted(field.source_name)}) from sample")
            if distinct * 2 <= sample.count:
                able.append((distinct, field.name))
    if not able:
        return None, ""
    distinct, name = max(able)
    return name, f"{distinct:,} distinct values, each in several events"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
