"""Plays a history: day by day at the source, with a run after each day, and compares the warehouse after each run.

    cd tests && ../.venv/bin/python -m histories.play HISTORY.json

replays a history that a failed test has printed, and prints the differences with their days. Exits with 1 if any.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from histories import databases, dimensions
from histories.history import COLUMNS, KEYS, TABLE, Day, History, load_of
from histories.oracle import Oracle
from histories.repository import Repository, Run, Runner
from histories.source import Source

Database = Callable[[str], str]
"""Creates an empty database of an engine and returns its URL."""


def play(history: History, folder: Path, runner: Runner, database: Database) -> list[str]:
    """The differences after the runs of a history, in the order in which they were found.

    A table may differ only if the run reports it, and only until the command in the report has been run.
    """
    return _Play(history, folder, runner, database).wrong()


class _Play:
    def __init__(self, history: History, folder: Path, runner: Runner, database: Database):
        self.history = history
        address = (
            str(folder / f"source.{history.engine}")
            if history.engine in ("sqlite", "duckdb")
            else database(history.engine)
        )
        self.source = Source(history.engine, address, history.rows)
        production = database("postgres") if history.target != "local" else None
        self.repository = Repository(history, folder, runner, self.source.url, production)
        self.oracle = Oracle(history)
        self.dimensions = dimensions.Dimensions(history.types, derives=history.modeling == "data_vault")
        self.excluded: set[tuple[str, str]] = set()
        self.columns = {name: list(columns) for name, columns in COLUMNS.items()}

    def wrong(self) -> list[str]:
        for number, day in enumerate([Day(), *self.history.days]):
            self.source.dawn()
            for event in day.events:
                self._happen(event)
            if found := self._judge(self._run(day), day):
                return [f"day {number}: {line}" for line in found]
        return []

    def _happen(self, event: list) -> None:
        verb, *arguments = event
        if verb == "follow":
            self.repository.platform_new("refresh", self.repository.source, "--apply", "--accept-breaking", "--commit")
            for name in KEYS:
                self.repository.keep_key(name, load_of(self.oracle.loading(name)))
            for name in self.columns:
                # Columns that the team has excluded stay excluded; renamed columns are matched by their origin.
                now = self.source.now[name].columns
                self._know(name, [column for column in now if (name, column) not in self.excluded])
                self.dimensions.forget(name, now)
        elif verb == "exclude":
            name, column = arguments
            self.repository.edit_column(name, column, {"exclude": "not needed"})
            self.excluded.add((name, column))
            self._know(name, [each for each in self.columns[name] if each != column])
        elif verb == "include":
            name, column = arguments
            self.repository.edit_column(name, column, {"exclude": None})
            self.excluded.discard((name, column))
            self._know(name, [*self.columns[name], column])
        elif verb == "history":
            name, column, type_ = arguments
            if column == TABLE:
                self.repository.edit_table(name, {"history": type_})
            else:
                self.repository.edit_column(name, column, {"history": type_})
            self.dimensions.types.setdefault(name, {})[column] = type_
        elif verb == "load":
            name, mode = arguments
            self.repository.edit_table(name, {"load": load_of(self.oracle.change_mode(name, mode))})
        elif verb in ("rename_table", "rename_column", "rename_source"):
            getattr(self.repository, verb)(*arguments)
        else:
            getattr(self.source, verb)(*arguments)

    def _know(self, name: str, columns: list[str]) -> None:
        self.columns[name] = columns
        self.dimensions.follow_columns(name, columns)

    def _run(self, day: Day) -> Run:
        if day.how == "load":
            return self.repository.load(*day.run)
        if day.how == "kill":
            self.repository.run(killed_after=float(day.run[0]))
            return self.repository.run()
        if day.how == "two":
            return self.repository.run_beside_a_window(*day.run)
        return self.repository.run(*day.run)

    def _judge(self, run: Run, day: Day) -> list[str]:
        """The differences that a run did not report, or that remain after the command in its report."""
        built = self.history.builds and day.how != "load"
        self._loaded(set(self.columns) if "--full" in day.run else set(), window="--from" in day.run)
        found = self._differences(staging=built)
        silent = [what for name, what in found if not run.names(self.repository.table(name))]
        if silent:
            return [*silent, run.output]
        if run.code and not found and not run.repairs:
            return [f"the run failed (exit {run.code}) and names no command that repairs it", run.output]
        if run.code and run.repairs:
            outputs = [self.repository.repair(command).output for command in run.repairs]
            self.dimensions.follow(self.repository, sure=False)
            again = self._run(Day())
            self._loaded({name for name in self.columns if self._is_replaced(name, run.repairs)})
            found = self._differences(staging=self.history.builds)
            if found or again.code:
                said = [f"{name}: {what}, also after {', '.join(run.repairs)}" for name, what in found]
                return [*said, run.output, *outputs, again.output]
            run = again
        if not built:
            return []
        self.dimensions.follow(self.repository, sure=run.code == 0)
        wrong = [*self._wrong_models()] if run.code == 0 else []
        return [*wrong, run.output] if wrong else []

    def _wrong_models(self) -> Iterator[str]:
        yield from self.dimensions.differences(self.repository)
        yield from self.repository.stale_facts()
        yield from self._left_behind()

    def _left_behind(self) -> list[str]:
        return [f"{name} still exists under a former name" for name in self.repository.left_behind()]

    def _loaded(self, full: set[str], *, window: bool = False) -> None:
        self.oracle.loaded(self.source.now, columns=self.columns, full=full, window=window)

    def _is_replaced(self, name: str, commands: list[str]) -> bool:
        return any("--full" in command and self.repository.table(name) in command.split() for command in commands)

    def _differences(self, *, staging: bool) -> list[tuple[str, str]]:
        found = self.oracle.differences(self.repository, self.columns, staging=staging)
        return [(name, f"{name}: {what}") for name, what in found]


def main(arguments: list[str]) -> int:
    """Replay the history in a file; returns 1 on a difference."""
    import environment

    history = History.read(Path(arguments[0]).read_text(encoding="utf-8"))
    runner = Runner(environment.shared_environment(Path(__file__).parents[2] / ".cache"))
    with tempfile.TemporaryDirectory() as folder:
        found = play(history, Path(folder), runner, databases.fresh)
    runner.close()
    print("\n".join(found) or "Every table is as expected.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
