"""Hypothesis strategies for specs, both realistic and hostile.

`specs()` draws valid specs: every role and type, composite keys, self-references and reference cycles, SQL reserved
words as names, topics with nested objects and their streams, and texts that try to break out of YAML, SQL, Python,
Jinja and Markdown.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from platform_new.catalog import SOURCE_AXIS, Axis, load_catalog
from platform_new.spec.calendar import Calendar
from platform_new.spec.consumers import Consumer
from platform_new.spec.data_type import BASES, DataType
from platform_new.spec.events.join_rules import RESERVED
from platform_new.spec.events.models import OBJECT, EventSource
from platform_new.spec.models import Platform, Source, Spec
from platform_new.spec.names import LONGEST_SOURCE, landing

HOSTILE = (
    "{}}", "{{{", "{%}}", "{{#}}", "%}{%", "{{ '{{' }}", "{% raw %}{{ x }}", "ref('x')", "var('x')",
    "it's", 'say "hi"', "back`tick", "{{ ref('x') }}", "{% raw %}", "{# no #}", "[[ plan ]]", "[% endif %]", "[# x #]",
    "line\nbreak", "tab\there", "a: b", "- dash", "# hash", "&anchor", "*alias", "!tag", "%directive", "@at", "| pipe",
    "> fold",
    "..", "../../etc/passwd", "/", "\\", "\\n", "${HOME}", "$(id)", "; drop table x; --", "*/", "/*", "<script>", "]]>",
    "on", "null", "~", "true", "1", "1.0", "1e3", "0x1F", "0o17", "1:30", "2020-01-01", "=", "<<", "?", ":", "",
    "no", "yes",
    "ünïcode", "名前", "العربية", "\u202eright to left", "🧮", "e\u0301", "\u00a0", "\u2028", "\u0085",
    "'''", '"""', "f\"{x}\"", "%s", "%(x)s",
    "trailing ", " leading", "x" * 300, "select", "from", "[link](x)", "**bold**", "|a|b|",
)  # fmt: skip
WORDS = (
    "id",
    "order",
    "select",
    "group",
    "user",
    "date",
    "name",
    "customer",
    "line",
    "status",
    "class",
    "def",
    "table",
    "key",
    "value",
)
characters = st.characters(exclude_categories=["Cs", "Cc", "Cn"])
texts = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(characters, max_size=20),
    st.lists(st.sampled_from(HOSTILE), max_size=3).map(" ".join),
)
sentences = texts.map(str.strip)
origins = texts.filter(lambda text: bool(text))
reasons = sentences.filter(bool)
identifiers = st.one_of(
    st.sampled_from(WORDS),
    st.from_regex(r"[a-z_][a-z0-9_]{0,12}", fullmatch=True).map(landing),
    st.integers(10**40, 10**45).map("long_{}".format).map(lambda name: name[:LONGEST_SOURCE]),
)
numerics = st.integers(1, 38).flatmap(
    lambda precision: st.integers(0, precision).map(lambda scale: f"numeric({precision},{scale})")
)
types = st.sampled_from(BASES) | numerics
lags = st.builds("{} {}".format, st.integers(0, 90), st.sampled_from(["second", "minutes", "hour", "days", "week"]))
schedules = st.sampled_from(
    ["0 3 * * *", "*/15 * * * *", "0 0 1 1 *", "30 6 * * mon-fri", "0 8,20 * * *", "@daily", "0 0 29 2 *"]
)
ORDERED = (
    "smallint",
    "integer",
    "bigint",
    "numeric",
    "real",
    "double",
    "date",
    "timestamp",
    "timestamptz",
    "text",
    "uuid",
)
TIMES = ("date", "timestamp", "timestamptz")


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """None, or in one of three cases a value."""
    return st.none() | st.none() | strategy


@st.composite
def columns(draw: st.DrawFn, name: str, type_: str | None = None) -> dict[str, Any]:
    """A column with this name."""
    type_ = type_ or draw(types)
    column = {
        "name": name,
        "origin": draw(maybe(origins)),
        "type": type_,
        "source_type": draw(maybe(texts)),
        "required": draw(st.booleans()),
        "unique": draw(st.booleans()),
        "pii": draw(maybe(st.sampled_from(["name", "email", "phone", "other"]))),
        "description": draw(maybe(sentences)),
        "renamed_from": draw(maybe(identifiers)),
        "older_names": draw(st.lists(identifiers, max_size=1)),
    }
    if type_ == "text":
        column["values"] = draw(maybe(st.lists(texts, min_size=1, max_size=4, unique=True)))
    elif type_ in ("smallint", "integer", "bigint"):
        column["values"] = draw(maybe(st.lists(st.integers(-9, 9), min_size=1, max_size=4, unique=True)))
        low, high = sorted(draw(st.tuples(st.integers(-100, 100), st.integers(-100, 100))))
        column |= {"min": draw(maybe(st.just(low))), "max": draw(maybe(st.just(high)))}
    elif type_ == "date":
        column["min"] = draw(maybe(st.dates().map(str)))
    return column


@st.composite
def tables(draw: st.DrawFn, name: str) -> dict[str, Any]:
    """A table with this name, without references; its key, if any, consists of its first columns."""
    names = draw(st.lists(identifiers, min_size=1, max_size=7, unique=True))
    table: dict[str, Any] = {
        "name": name,
        "schema": draw(maybe(origins)),
        "origin": draw(maybe(origins)),
        "description": draw(maybe(sentences)),
        "version": draw(st.sampled_from(["1.0.0", "1.0.0", "2.10.0"])),
        "role": draw(st.sampled_from(["fact", "fact", "dimension", "dimension", "bridge", "reference"])),
        "history": None,
        "rows": draw(maybe(st.integers(0, 10**12))),
        "key": names[: draw(st.integers(0, min(3, len(names))))],
        "columns": [draw(columns(column)) for column in names],
        "renamed_from": draw(maybe(identifiers)),
        "older_names": draw(st.lists(identifiers, max_size=1)),
    }
    if draw(st.booleans()) and len(names) > 1:
        table["unique"] = [draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True))]
    if table["key"]:
        table["history"] = draw(maybe(st.booleans()))
        if table["role"] in ("dimension", "reference"):
            table["history"] = draw(maybe(st.sampled_from((True, False, 0, 1, 2, 3, 6))))
            for column in table["columns"]:
                if column["name"] not in table["key"] and column["type"] not in ("json", "binary"):
                    column["history"] = draw(maybe(st.sampled_from((0, 1, 2, 3, 4, 6))))
    of_type = {column["name"]: column["type"] for column in table["columns"]}
    times = [column for column in names if of_type[column] in TIMES]
    if times:
        table["event_time"] = draw(maybe(st.sampled_from(times)))
    ordered = [column for column in names if DataType.parse(of_type[column]).base in ORDERED]
    if ordered and draw(st.booleans()):
        cursor = draw(st.sampled_from(ordered))
        mode = "incremental" if table["key"] and draw(st.booleans()) else "full"
        lag = draw(maybe(lags)) if mode == "incremental" and of_type[cursor] in TIMES else None
        table["load"] = {"mode": mode, "cursor": cursor, "lag": lag}
    if table["key"] and draw(st.booleans()):
        table.setdefault("load", {})["deletes"] = "mark"
    return table


@st.composite
def sources(draw: st.DrawFn, name: str, kinds: tuple[str, ...], entities: set[str]) -> Source:
    """A source with this name. Its marts differ from `entities`, and are added to them."""
    names = draw(st.lists(identifiers, min_size=1, max_size=5, unique=True))
    made = [draw(tables(table)) for table in names]
    for table in made:
        for column in table["columns"]:
            _refer(draw, column, made)
        _refer_by_two(draw, table, made)
    _lines(draw, made)
    _exclude(draw, made)
    for table in made:
        _measure(draw, table)
    _tell_apart(made)
    _claim_once(made)
    for table in made:
        if table["name"] in entities:
            table["entity"] = _free(f"{name}_{table['name']}"[:60], entities)
        entities.add(table.get("entity") or table["name"])
    return Source.model_validate(
        {
            "name": name,
            "kind": draw(st.sampled_from(kinds)),
            "description": draw(maybe(reasons)),
            "owner": draw(maybe(reasons)),
            "connection": draw(maybe(st.from_regex(r"[A-Z_][A-Z0-9_]{0,12}", fullmatch=True))),
            "schedule": draw(schedules),
            "drift": draw(st.sampled_from(["evolve", "freeze"])),
            "renamed_from": draw(maybe(identifiers)),
            "older_names": draw(st.lists(identifiers, max_size=1)),
            "tables": made,
        }
    )


def formulas(names: list[str]) -> st.SearchStrategy[str]:
    """Formulas of these columns, at least one of them, that are not too long for a spec."""
    column = st.sampled_from(names)
    number = st.sampled_from(["1", "0.01", "100"])
    leaf = column | number | st.builds("coalesce({}, {})".format, column, number)
    some = st.recursive(
        leaf,
        lambda inner: st.builds("{} {} {}".format, inner, st.sampled_from("+-*"), inner) | inner.map("({})".format),
        max_leaves=4,
    )
    return st.builds("{} {} {}".format, column, st.sampled_from("+-*"), some).filter(lambda text: len(text) <= 300)


def _measure(draw: st.DrawFn, table: dict[str, Any]) -> None:
    """Give the table a derived measure, if it has numbers."""
    names = {column["name"] for column in table["columns"]}
    of_numbers = [column for column in table["columns"] if DataType.parse(column["type"]).is_number]
    for column in of_numbers:
        column["unit"] = draw(maybe(reasons.map(lambda text: text[:40].strip())))
    numbers = [column["name"] for column in of_numbers if not column.get("exclude")]
    loaded = [column["name"] for column in table["columns"] if not column.get("exclude")]
    if numbers and draw(st.booleans()):
        measure = {
            "name": _free(draw(identifiers), names),
            "formula": draw(formulas(numbers)),
            "type": draw(st.sampled_from(["numeric(18, 2)", "numeric(38, 10)", "double", "bigint"])),
            "measure": draw(st.sampled_from(["additive", "non_additive", "none"])),
            "unit_column": draw(maybe(st.sampled_from(loaded))),
            "description": draw(maybe(sentences)),
        }
        table["measures"] = [measure]


@st.composite
def platforms(draw: st.DrawFn, *, tables: bool = True, events: bool = False) -> Platform:
    """A platform with a drawn choice or the default on every axis, compatible with sources of these two forms."""
    catalog = load_catalog()
    chosen = {axis.name: draw(maybe(st.sampled_from(_fitting(axis, tables, events)))) for axis in catalog.questions}
    for axis in catalog.questions:
        clashes = axis.choices[chosen[axis.name]].clashes if chosen[axis.name] else ()
        if any(chosen[clash.axis] == clash.choice for clash in clashes):
            chosen[axis.name] = None
    name = draw(st.from_regex(r"[a-z][a-z0-9]{0,8}([-_][a-z0-9]{1,8}){0,2}", fullmatch=True))
    parents = draw(maybe(st.sampled_from(["fold", "references", "keep"])))
    calendar = Calendar(
        fiscal_year_start=draw(st.integers(1, 12)), holidays=draw(maybe(st.sampled_from(["DE", "US-CA"])))
    )
    core = {"name": name, "description": draw(sentences), "owner": draw(reasons), "dimension_parents": parents}
    return Platform(**core, calendar=calendar, consumers=draw(consumers()), **chosen)


@st.composite
def consumers(draw: st.DrawFn) -> tuple[Consumer, ...]:
    """Up to two consumers, which read all marts."""
    names = draw(st.lists(identifiers, max_size=2, unique=True))
    texts = {"description": maybe(sentences), "owner": maybe(reasons), "url": maybe(sentences)}
    kinds = st.sampled_from(["dashboard", "ml"])
    return tuple(
        Consumer(
            name=name,
            type=draw(kinds),
            role=draw(maybe(identifiers)),
            **{key: draw(text) for key, text in texts.items()},
        )
        for name in names
    )


def _fitting(axis: Axis, tables: bool, events: bool) -> list[str]:
    """The choices of an axis that are compatible with sources of tables, or of events."""
    kinds = load_catalog().axes[SOURCE_AXIS].choices.values()
    clashes = {(clash.axis, clash.choice) for kind in kinds if kind.carries_events for clash in kind.clashes}
    return [
        name
        for name, choice in axis.choices.items()
        if not (tables and choice.sheet.no_tables) and not (events and (axis.name, name) in clashes)
    ]


@st.composite
def specs(draw: st.DrawFn, max_sources: int = 3) -> Spec:
    """A valid spec, which passes `platform_new.spec.rules`. One in three also has event sources."""
    choices = load_catalog().axes[SOURCE_AXIS].choices
    kinds = {carries: tuple(n for n, c in choices.items() if c.carries_events is carries) for carries in (False, True)}
    names = draw(st.lists(identifiers, max_size=max_sources, unique=True))
    of_events = draw(st.integers(1, len(names))) if names and draw(st.integers(0, 2)) == 0 else 0
    entities: set[str] = set()
    tabular = tuple(draw(sources(name, kinds[False], entities)) for name in names[of_events:])
    events = tuple(draw(event_sources(name, kinds[True], tabular, entities)) for name in names[:of_events])
    platform = draw(platforms(tables=bool(tabular), events=bool(events)))
    return Spec(platform=platform, sources=tabular, event_sources=events)


LEAVES = st.sampled_from([*BASES, "numeric(8, 2)", "numeric(38, 0)"])
TAKEN = {"window_start", "window_end", "kafka_partition", "kafka_offset", "batch", "last_batch"}
field_names = identifiers.filter(lambda name: name not in TAKEN)


@st.composite
def event_fields(draw: st.DrawFn, depth: int = 2) -> list[dict[str, Any]]:
    """The fields of an event, or of a nested object."""
    made: list[dict[str, Any]] = []
    spelt = set()
    for name in draw(st.lists(field_names, min_size=1, max_size=4, unique=True)):
        origin = draw(maybe(origins))
        spelling = (origin or name).casefold()
        if spelling in spelt:
            continue
        spelt.add(spelling)
        field = draw(columns(name, draw(LEAVES)))
        for key in ("source_type", "unique", "renamed_from", "older_names"):
            del field[key]
        field |= {"origin": origin, "repeated": draw(st.integers(0, 4)) == 0}
        if depth and draw(st.integers(0, 4)) == 0:
            inner = {"fields": draw(event_fields(depth - 1))}
            field = {key: field[key] for key in ("name", "origin", "required", "repeated", "description")}
            field |= {"type": OBJECT, **inner}
        made.append(field)
    return made


@st.composite
def topics(draw: st.DrawFn, name: str, others: tuple[Source, ...]) -> dict[str, Any]:
    """A topic with this name, whose fields refer to columns of the other sources."""
    fields = draw(event_fields())
    time = _free(
        "happened_at", {field["name"] for field in fields} | {str(field["origin"]).casefold() for field in fields}
    )
    kind = draw(st.sampled_from(["timestamptz", "timestamp"]))
    fields.insert(draw(st.integers(0, len(fields))), {"name": time, "type": kind, "required": draw(st.booleans())})
    for field in fields:
        able = [
            f"{other.name}.{table.name}.{column.name}"
            for other in others
            for table in other.tables
            for column in table.columns
            if not table.exclude and not column.exclude and _plain(field) and _comparable(field["type"], column.type)
        ]
        if able and draw(st.booleans()):
            field["references"] = draw(st.sampled_from(able))
    return {
        "name": name,
        "origin": draw(maybe(st.from_regex(r"[A-Za-z0-9._-]{1,20}", fullmatch=True))),
        "renamed_from": draw(maybe(identifiers)),
        "older_names": draw(st.lists(identifiers, max_size=1)),
        "description": draw(maybe(sentences)),
        "key": draw(maybe(st.sampled_from([field["name"] for field in fields]))),
        "event_time": time,
        "lateness": draw(st.sampled_from(["0 seconds", "10 minutes", "1 day"])),
        "partitions": draw(st.integers(1, 3)),
        "retention": draw(st.sampled_from(["4 weeks", "30 days"])),
        "fields": fields,
    }


def _joined(draw: st.DrawFn, topic: dict[str, Any], others: tuple[Source, ...]) -> tuple[list[Any], list[Any]]:
    """Joins of tables that fields refer to by a key, and the columns that they add, as fields."""
    joins, added = [], []
    taken = {*RESERVED, *(field["name"] for field in topic["fields"])}
    for field in topic["fields"]:
        source, table, key = (field.get("references") or "..").split(".")
        there = next((each.table(table) for each in others if each.name == source), None)
        alone = (key,)
        if there is None or not (there.column(key).unique or alone == there.key or alone in there.unique):
            continue
        columns = []
        able = [column for column in there.columns if not column.exclude]
        for column in draw(st.lists(st.sampled_from(able), max_size=2, unique_by=lambda each: each.name)):
            free = _free(column.name, taken)
            taken.add(free)
            columns.append({"name": free, "column": column.name if column.name != free else None})
            added.append({"name": free, "type": column.type, "required": column.type == "text"})
        joins += [{"field": field["name"], "columns": columns}] if columns else []
    return joins, added


@st.composite
def streams(draw: st.DrawFn, name: str, topic: dict[str, Any], others: tuple[Source, ...]) -> dict[str, Any]:
    """A stream with this name: the events of the topic, or window aggregates of them, with joined tables."""
    joins, added = _joined(draw, topic, others)
    stream = {
        "name": name,
        "renamed_from": draw(maybe(identifiers)),
        "older_names": draw(st.lists(identifiers, max_size=1)),
        "description": draw(maybe(sentences)),
        "topic": topic["name"],
        "joins": joins,
        "trigger": draw(st.sampled_from(["available_now", "30 seconds"])),
        "max_offsets": draw(st.sampled_from([500_000, 1_000])),
    }
    if draw(st.booleans()):
        return stream
    plain = [field for field in (*topic["fields"], *added) if _plain(field)]
    groups = [field["name"] for field in plain if field["required"]]
    group_by = draw(st.lists(st.sampled_from(groups), max_size=2, unique=True)) if groups else []
    numbers = [field["name"] for field in plain if DataType.parse(field["type"]).is_number]
    figures = [{"name": _free("events", {*group_by}), "function": "count", "description": draw(maybe(sentences))}]
    for field in draw(st.lists(st.sampled_from(numbers), max_size=2, unique=True)) if numbers else []:
        taken = {*group_by, *(figure["name"] for figure in figures)}
        function = draw(st.sampled_from(["count", "sum", "min", "max", "avg"]))
        figures.append({"name": _free(field, taken), "function": function, "field": field})
    slide = draw(maybe(st.sampled_from(["5 minutes", "60 seconds"])))
    window = {"length": draw(st.sampled_from(["5 minutes", "1 hour", "2 days"])), "slide": slide}
    return {**stream, "window": window, "group_by": group_by, "aggregates": figures}


@st.composite
def event_sources(
    draw: st.DrawFn, name: str, kinds: tuple[str, ...], others: tuple[Source, ...], entities: set[str]
) -> EventSource:
    """An event source with this name. Its marts differ from `entities`, and are added to them."""
    made = [draw(topics(topic, others)) for topic in draw(st.lists(identifiers, min_size=1, max_size=2, unique=True))]
    following = []
    for word in draw(st.lists(identifiers, max_size=3, unique=True)):
        free = _free(word, entities)
        entities.add(free)
        following.append(draw(streams(free, draw(st.sampled_from(made)), others)))
    for things in (made, following):
        _claim_once(things)
    return EventSource.model_validate(
        {
            "name": name,
            "kind": draw(st.sampled_from(kinds)),
            "description": draw(maybe(reasons)),
            "owner": draw(maybe(reasons)),
            "connection": draw(maybe(st.from_regex(r"[A-Z_][A-Z0-9_]{0,12}", fullmatch=True))),
            "schedule": draw(schedules),
            "renamed_from": draw(maybe(identifiers)),
            "older_names": draw(st.lists(identifiers, max_size=1)),
            "topics": made,
            "streams": following,
        }
    )


def _plain(field: dict[str, Any]) -> bool:
    """Whether a field is a single value that can be a key."""
    return not field.get("repeated") and field["type"] not in (OBJECT, "json", "binary", "time")


def _comparable(one: str, other: str) -> bool:
    return DataType.parse(one).compares_with(DataType.parse(other))


def _refer(draw: st.DrawFn, column: dict[str, Any], made: list[dict[str, Any]]) -> None:
    """Sometimes refer to a column of a compatible type in any table, including self-references and cycles."""
    able = [
        (table["name"], other["name"])
        for table in made
        for other in table["columns"]
        if _comparable(column["type"], other["type"])
    ]
    if able and draw(st.booleans()):
        column["references"] = ".".join(draw(st.sampled_from(able)))
        _keep_in_dimension(column)
        column["fold"] = draw(maybe(st.booleans()))


def _refer_by_two(draw: st.DrawFn, table: dict[str, Any], made: list[dict[str, Any]]) -> None:
    to = draw(st.sampled_from(made))
    pairs = [
        (mine["name"], theirs["name"])
        for mine, theirs in zip(table["columns"], to["columns"], strict=False)
        if _comparable(mine["type"], theirs["type"])
    ]
    if len(pairs) > 1 and draw(st.booleans()):
        mine, theirs = zip(*pairs[:2], strict=True)
        fold = draw(maybe(st.booleans()))
        table["references"] = [{"columns": mine, "to": to["name"], "to_columns": theirs, "fold": fold}]
        for column in table["columns"]:
            if column["name"] in mine:
                _keep_in_dimension(column)


def _keep_in_dimension(column: dict[str, Any]) -> None:
    """A foreign key does not move to a mini-dimension."""
    if column.get("history") == 4:
        del column["history"]


def _lines(draw: st.DrawFn, made: list[dict[str, Any]]) -> None:
    """Sometimes make a fact the lines of an earlier fact that it refers to."""
    facts: list[str] = []
    for table in made:
        if table["role"] != "fact":
            continue
        pointed = {column["references"].partition(".")[0] for column in table["columns"] if column.get("references")}
        headers = [fact for fact in facts if fact in pointed]
        if headers:
            table["line_of"] = draw(maybe(st.sampled_from(headers)))
        facts.append(table["name"])


def _exclude(draw: st.DrawFn, made: list[dict[str, Any]]) -> None:
    """Sometimes exclude tables and columns that nothing depends on."""
    headers = {table.get("line_of") for table in made}
    for table in made[1:]:
        if table["name"] not in headers:
            table["exclude"] = draw(maybe(reasons))
    for table in made:
        load = table.get("load") or {}
        keys = {*table["key"], *(column for key in table.get("unique", ()) for column in key)}
        needed = {*keys, load.get("cursor"), table.get("event_time")}
        for column in table["columns"][1:]:
            points = column.get("references", "").partition(".")[0]
            if column["name"] not in needed and not (points and points == table.get("line_of")):
                column["exclude"] = draw(maybe(reasons))


def _tell_apart(made: list[dict[str, Any]]) -> None:
    """Make origins unique: of tables within a source, of columns within a table."""
    seen: set[Any] = set()
    for table in made:
        place = (table["schema"], table["origin"] or table["name"])
        if place in seen or table["origin"] in {other["name"] for other in made}:
            table["origin"] = None
        seen.add((table["schema"], table["origin"] or table["name"]))
        taken = {column["name"] for column in table["columns"]}
        for column in table["columns"]:
            if column["origin"] in taken:
                column["origin"] = None
            taken.add(column["origin"])


def _claim_once(made: list[dict[str, Any]]) -> None:
    """Make former names unique, because otherwise the owner of the files would depend on the order."""
    claimed: set[str | None] = set()
    for thing in made:
        if thing["renamed_from"] in claimed:
            thing["renamed_from"] = None
        thing["older_names"] = [name for name in thing["older_names"] if thing["renamed_from"] and name not in claimed]
        claimed |= {thing["renamed_from"], *thing["older_names"]}


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name = f"{name}_2"
    return name
