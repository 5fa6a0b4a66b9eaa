"""Random histories: the events at a source after the first load."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from histories.history import COLUMNS, CURSOR, KEYS, TABLE, Day, Event, History, Loading, Row, Types

FIRST_DAY = 10
"""The first run is on the tenth: backups and late commits are from earlier days."""
HOURS = (0, 6, 6, 12, 18)
NEW_COLUMNS = {"phone": "text", "score": "integer"}
OTHER_NAMES: dict[tuple[str, ...], tuple[str, ...]] = {
    (): ("shop", "store", "branch"),
    ("customers",): ("customers", "clients", "patrons"),
    ("orders",): ("orders", "sales", "purchases"),
    ("customers", "name"): ("name", "full_name", "title"),
    ("orders", "amount"): ("amount", "net", "price"),
}
"""The possible names in the spec of the source, its tables and their columns; the first is the initial name."""
TYPED = (("customers", "name"), ("customers", "city_id"), ("customers", TABLE), ("cities", "city"), ("cities", TABLE))
"""The columns whose type of history is drawn; `city_id` also stands for the folded `city`."""
WIDER = {("orders", "amount"): ("numeric(12, 2)", "123456.75")}
VERBS = (
    *("insert",) * 2,
    *("update",) * 3,
    *("delete", "back", "rekey", "duplicate", "readings", "empty", "refill", "restore"),
    *("add_column", "drop_column", "change_type", "exclude", "rename", "load", "history"),
)
"""The possible events of a day; each is a method of `_Story`."""
ACCIDENTS = ("kill",) * 4 + ("two",) * 2


def histories(
    engine: str = "sqlite",
    *,
    days: int = 4,
    target: str = "local",
    builds: bool = True,
    accidents: bool = False,
    modeling: str = "star",
    facts: str = "rebuild",
) -> st.SearchStrategy[History]:
    """Histories of a source on an engine, of at most this many days after the first.

    Without `builds` only loads are played. With `accidents` runs are killed, or start during another load.
    """
    return _history(engine, days, target, builds, accidents, {"modeling": modeling, "facts": facts})


@st.composite
def _history(
    draw: st.DrawFn, engine: str, days: int, target: str, builds: bool, accidents: bool, choices: dict[str, str]
) -> History:
    modes = st.sampled_from(("full", "incremental", "incremental", "mark"))
    loading = {name: Loading(draw(modes), draw(st.sampled_from((0, 0, 2)))) for name in KEYS}
    story = _Story(draw, loading, ACCIDENTS if accidents else ())
    types: Types = {}
    for name, column in TYPED if builds and draw(st.booleans()) else ():
        if draw(st.booleans()):
            types.setdefault(name, {})[column] = story.type_of_history(column)
    rows = {name: story.first_rows(name) for name in COLUMNS}
    for day in range(1, draw(st.integers(1, days)) + 1):
        story.day(day)
    return History(engine, loading, rows, story.days, target, builds, types, **choices)


class _Story:
    """A history under construction: it tracks the state of the source, so that each event is possible."""

    def __init__(self, draw: st.DrawFn, loading: dict[str, Loading], accidents: tuple[str, ...]):
        self.draw, self.loading, self.accidents = draw, dict(loading), accidents
        self.excluded: list[tuple[str, str]] = []
        self.names: dict[tuple[str, ...], str] = {}
        self.rows: dict[str, dict[Any, Row]] = {name: {} for name in KEYS}
        self.columns = {name: dict(columns) for name, columns in COLUMNS.items()}
        self.kept = {name: list(columns) for name, columns in COLUMNS.items()}
        self.backups: list[dict[str, dict[Any, Row]]] = []
        self.emptied: dict[str, dict[Any, Row]] = {}
        self.doubled: set[tuple[str, Any]] = set()
        self.days: list[Day] = []
        self.next_key = dict.fromkeys(KEYS, 1)
        self.date = FIRST_DAY

    def first_rows(self, name: str) -> list[Row]:
        """The rows of a table before the first run."""
        if name not in KEYS:
            return [{"sensor": "a", "value": 1}, {"sensor": "a", "value": 1}]
        return [self._new_row(name) for _ in range(self.draw(st.integers(1, 3)))]

    def day(self, number: int) -> None:
        """Draw the events of a day and the kind of its run."""
        self.backups.append(copy.deepcopy(self.rows))
        self.date = FIRST_DAY + 3 * number
        events: list[Event] = []
        for verb in self.draw(st.lists(st.sampled_from(VERBS), min_size=1, max_size=3)):
            events += getattr(self, f"_{verb}")()
        changed = any(list(self.columns[name]) != self.kept[name] for name in KEYS)
        retyped = any(event[0] == "change_type" for event in events)
        if retyped or (changed and self.draw(st.booleans())):
            events.append(["follow"])
            self.kept = {name: list(columns) for name, columns in self.columns.items()}
        self.days.append(Day(events, *self._run()))

    def _run(self) -> tuple[list[str], str]:
        how = self.draw(st.sampled_from(("run",) * 8 + ("full", "load", *self.accidents)))
        if how == "full":
            return ["--full"], "run"
        if how == "kill":
            return [str(self.draw(st.integers(1, 40)) / 10)], "kill"
        if how in ("load", "two") and any(loading.incremental for loading in self.loading.values()):
            start, end = sorted(self.draw(st.tuples(st.integers(1, 27), st.integers(1, 27))))
            window = [f"2024-01-{start:02}", f"2024-01-{end + 1:02}"]
            if how == "two":
                return window, "two"
            return self.draw(st.sampled_from((["--from", window[0], "--to", window[1]], ["--full"]))), "load"
        return [], "run"

    # --- rows

    def _insert(self) -> list[Event]:
        name = self._table()
        return [["insert", name, self._new_row(name)]]

    def _back(self) -> list[Event]:
        """A deleted row returns from a backup, with its old or a new cursor."""
        for backup in self.backups:
            for name, rows in backup.items():
                for key, row in rows.items():
                    if key not in self.rows[name]:
                        again = {column: row.get(column) for column in self.columns[name]}
                        if self.draw(st.booleans()):
                            again[CURSOR] = self._moment()
                        self.rows[name][key] = again
                        return [["insert", name, dict(again)]]
        return []

    def _update(self) -> list[Event]:
        name, key = self._present()
        if key is None or (name, key) in self.doubled:
            return []
        row = self.rows[name][key]
        others = [column for column in self.columns[name] if column not in (KEYS[name], CURSOR)]
        chosen = self.draw(st.lists(st.sampled_from(others), max_size=2)) if others else []
        changes = {column: self._value(name, column) for column in chosen}
        touch = self.draw(st.sampled_from(("now", "now", "now", "keep", "null", "future", "lag", "late")))
        if touch != "keep":
            changes[CURSOR] = self._cursor(name, touch)
        row.update(changes)
        return [["update", name, key, changes]] if changes else []

    def _rekey(self) -> list[Event]:
        """A row gets another key and a new cursor."""
        name, key = self._present()
        if key is None or (name, key) in self.doubled:
            return []
        new, self.next_key[name] = self.next_key[name], self.next_key[name] + 1
        changes = {KEYS[name]: new, CURSOR: self._moment()}
        self.rows[name][new] = self.rows[name].pop(key) | changes
        return [["update", name, key, changes]]

    def _duplicate(self) -> list[Event]:
        """A second row with an existing key and a newer cursor, which wins.

        Only in incremental tables: a full load refuses duplicate keys.
        """
        name, key = self._present()
        if key is None or not self.loading[name].incremental or (name, key) in self.doubled:
            return []
        row = {column: self._value(name, column) for column in self.columns[name]}
        row |= {KEYS[name]: key, CURSOR: f"2024-01-{self.date:02} 20:00:00"}
        self.doubled.add((name, key))
        self.rows[name][key] = row
        return [["insert", name, dict(row)]]

    def _delete(self) -> list[Event]:
        name, key = self._present()
        if key is None:
            return []
        del self.rows[name][key]
        return [["delete", name, key]]

    def _readings(self) -> list[Event]:
        return [
            ["insert", "readings", {"sensor": self.draw(st.sampled_from("ab")), "value": self.draw(st.integers(0, 2))}]
        ]

    def _empty(self) -> list[Event]:
        name = self._table()
        if name in self.emptied or not self.rows[name]:
            return []
        self.emptied[name], self.rows[name] = self.rows[name], {}
        return [["empty", name]]

    def _refill(self) -> list[Event]:
        events = []
        for name, rows in self.emptied.items():
            for key, row in rows.items():
                if key not in self.rows[name]:
                    self.rows[name][key] = {column: row.get(column) for column in self.columns[name]}
                    events.append(["insert", name, dict(self.rows[name][key])])
        self.emptied.clear()
        return events

    def _restore(self) -> list[Event]:
        name, day = self._table(), self.draw(st.integers(0, len(self.backups) - 1))
        backup = self.backups[day][name]
        self.rows[name] = {
            key: {column: row.get(column) for column in self.columns[name]}
            for key, row in copy.deepcopy(backup).items()
        }
        return [["restore", name, day]]

    # --- columns

    def _add_column(self) -> list[Event]:
        name = self._table()
        free = [column for column in NEW_COLUMNS if column not in self.columns[name]]
        if not free:
            return []
        column = self.draw(st.sampled_from(free))
        self.columns[name][column] = NEW_COLUMNS[column]
        values = {}
        for key, row in self.rows[name].items():
            row[column] = self._value(name, column)
            values[str(key)] = row[column]
        return [["add_column", name, column, NEW_COLUMNS[column], values]]

    def _drop_column(self) -> list[Event]:
        name = self._table()
        known = [column for column in self.columns[name] if column in NEW_COLUMNS or column in ("name", "city")]
        if not known:
            return []
        column = self.draw(st.sampled_from(known))
        del self.columns[name][column]
        for row in self.rows[name].values():
            del row[column]
        return [["drop_column", name, column]]

    def _change_type(self) -> list[Event]:
        (name, column), (type_, value) = self.draw(st.sampled_from(list(WIDER.items())))
        if self.columns[name].get(column) in (None, type_):
            return []
        self.columns[name][column] = type_
        events: list[Event] = [["change_type", name, column, type_]]
        if keys := sorted(key for key in self.rows[name] if (name, key) not in self.doubled):
            key = self.draw(st.sampled_from(keys))
            changes = {column: value, CURSOR: self._moment()}
            self.rows[name][key].update(changes)
            events.append(["update", name, key, changes])
        return events

    # --- the spec

    def _exclude(self) -> list[Event]:
        """A column is excluded, or an excluded column is included again."""
        if self.excluded and self.draw(st.booleans()):
            return [["include", *self.excluded.pop()]]
        name, column = self.draw(st.sampled_from((("orders", "amount"), ("customers", "name"), ("cities", "city"))))
        if column not in self.columns[name] or column not in self.kept[name] or (name, column) in self.excluded:
            return []
        self.excluded.append((name, column))
        return [["exclude", name, column]]

    def _rename(self) -> list[Event]:
        """The source, a table or a column is renamed in the spec, or gets its first name again."""
        place = self.draw(st.sampled_from(list(OTHER_NAMES)))
        if len(place) > 1 and not (place[1] in self.columns[place[0]] and place[1] in self.kept[place[0]]):
            return []
        names = [name for name in OTHER_NAMES[place] if name != self.names.get(place, OTHER_NAMES[place][0])]
        self.names[place] = self.draw(st.sampled_from(names))
        verb = ("rename_source", "rename_table", "rename_column")[len(place)]
        return [[verb, *place, self.names[place]]]

    def _load(self) -> list[Event]:
        """The load mode of a table changes."""
        name, mode = self._table(), self.draw(st.sampled_from(("full", "incremental", "mark")))
        if mode == self.loading[name].mode or (mode == "full" and name in {name for name, _ in self.doubled}):
            return []
        self.loading[name] = replace(self.loading[name], mode=mode)
        return [["load", name, mode]]

    def _history(self) -> list[Event]:
        """The type of history of a table or column changes."""
        name, column = self.draw(st.sampled_from(TYPED))
        present = column == TABLE or (column in self.columns[name] and column in self.kept[name])
        if not present or (name, column) in self.excluded:
            return []
        return [["history", name, column, self.type_of_history(column)]]

    # --- values

    def type_of_history(self, column: str) -> int:
        """A type that the table or column can have."""
        return self.draw(st.sampled_from((0, 1, 2, 3, 6) if column in ("city_id", TABLE) else (0, 1, 2, 3, 4, 6)))

    def _table(self) -> str:
        return self.draw(st.sampled_from(list(KEYS)))

    def _present(self) -> tuple[str, Any]:
        name = self._table()
        keys = sorted(self.rows[name])
        return name, self.draw(st.sampled_from(keys)) if keys else None

    def _new_row(self, name: str) -> Row:
        key, self.next_key[name] = self.next_key[name], self.next_key[name] + 1
        row = {column: self._value(name, column) for column in self.columns[name]}
        row |= {
            KEYS[name]: key,
            CURSOR: self._cursor(name, self.draw(st.sampled_from(("now", "now", "now", "null", "lag", "late")))),
        }
        self.rows[name][key] = row
        return dict(row)

    def _cursor(self, name: str, touch: str) -> str | None:
        if touch == "null":
            return None
        if touch == "future":
            return "2099-01-01 00:00:00"
        back = {"lag": self.loading[name].lag_days, "late": self.date - 1}.get(touch, 0)
        return self._moment(back)

    def _moment(self, days_back: int = 0) -> str:
        return f"2024-01-{max(self.date - days_back, 1):02} {self.draw(st.sampled_from(HOURS)):02}:00:00"

    def _value(self, name: str, column: str) -> Any:
        if column in ("city_id", "customer_id", "order_id") and column != KEYS[name]:
            return self.draw(st.sampled_from((1, 2, None)))
        if column == "ordered_at":
            return self._moment(self.draw(st.sampled_from((0, 1, 5))))
        if column == "amount":
            return self.draw(st.sampled_from(("1.5", "20", "-3.25", None)))
        if self.columns[name].get(column) == "integer":
            return self.draw(st.sampled_from((1, 2, None)))
        return self.draw(st.sampled_from(("x", "y", "Zoë", None)))
