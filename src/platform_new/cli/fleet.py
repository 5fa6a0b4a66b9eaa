"""Many repositories at once: on the cores that there are, and no failure of one stops another."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path

from platform_new.cli.inventory import Report, State, report
from platform_new.errors import PlatformNewError, Problem, Refused

Action = Callable[[Path, Path], Report]
"""From a repository as it was given and its folder to the report on it."""


def each(paths: Sequence[Path], action: Action) -> list[Report]:
    """The report on each repository, in the order of the paths."""
    work = partial(_safely, action)
    if len(paths) < 2:
        return [work(path) for path in paths]
    reports = _in_processes(paths, work)
    # When the system ends a process, for instance for want of memory, the others cannot go on: what is left is done
    # again, each repository in a process of its own.
    for path in paths:
        reports = reports if path in reports else reports | _in_processes([path], work)
    died = Problem("the process that worked on it was ended", "run it again for this repository alone")
    return [reports.get(path) or report(path, State.FAILED, [died]) for path in paths]


def _in_processes(paths: Sequence[Path], work: Callable[[Path], Report]) -> dict[Path, Report]:
    """The reports on the repositories whose process lived to the end."""
    reports = {}
    with ProcessPoolExecutor(min(len(paths), os.cpu_count() or 1), initializer=_leave_ctrl_c_to_the_parent) as pool:
        futures = {}
        with contextlib.suppress(BrokenProcessPool):
            for path in paths:
                futures[pool.submit(work, path)] = path
        try:
            for future in _with_progress(as_completed(futures), len(paths)):
                with contextlib.suppress(BrokenProcessPool):
                    reports[futures[future]] = future.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return reports


def _leave_ctrl_c_to_the_parent() -> None:
    """What is under way is brought to its end; the parent starts nothing more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _with_progress(done: Iterator, total: int) -> Iterator:
    """What is done as it comes, with a bar for somebody at a terminal."""
    if not sys.stderr.isatty():
        yield from done
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield from progress.track(done, total=total)


def _safely(action: Action, path: Path) -> Report:
    from platform_new.cli.repository import repository_of
    from platform_new.merge.update import Conflicts

    try:
        return action(path, repository_of(path))
    except Conflicts as error:
        return report(path, State.CONFLICTS, error.problems)
    except PlatformNewError as error:
        return report(path, State.REFUSED if isinstance(error, Refused) else State.FAILED, error.problems)
    except Exception as error:  # the others go on
        hint = "this is a fault of platform-new: run it for this repository alone with --debug, and report what it says"
        return report(path, State.FAILED, [Problem(f"{type(error).__name__}: {error}", hint)])
