"""Commands on many repositories: in parallel on all cores; a failure in one does not stop the others."""

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
"""From a repository's path as given and its folder to its report."""


def each(paths: Sequence[Path], action: Action) -> list[Report]:
    """The report on each repository, in the order of the paths."""
    work = partial(_safely, action)
    if len(paths) < 2:
        return [work(path) for path in paths]
    reports = _in_processes(paths, work)
    # When the system kills a worker, for instance when memory runs out, the whole pool breaks: the remaining
    # repositories run again, each in its own process.
    for path in paths:
        reports = reports if path in reports else reports | _in_processes([path], work)
    died = Problem("the worker process was killed", "run the command again for this repository alone")
    return [reports.get(path) or report(path, State.FAILED, [died]) for path in paths]


def _in_processes(paths: Sequence[Path], work: Callable[[Path], Report]) -> dict[Path, Report]:
    """The reports on the repositories whose worker finished."""
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
    """On Ctrl-C, workers finish the repository at hand; the parent starts no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _with_progress(done: Iterator, total: int) -> Iterator:
    """The items of `done`, with a progress bar at a terminal."""
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
    except Exception as error:  # the other repositories continue
        hint = "this is a bug in platform-new: run the command for this repository with --debug and report the output"
        return report(path, State.FAILED, [Problem(f"{type(error).__name__}: {error}", hint)])
