"""Updating platforms with many tables, compared with one render, copier and cruft; and many platforms at once."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from platform_new import flow
from platform_new.catalog import Catalog, load_catalog, template_root
from platform_new.merge import baseline, update
from platform_new.plan import make_plan
from platform_new.render import render
from platform_new.spec.models import Column, Spec
from platform_new.spec.write import source_yaml
from tests.bench.generation import spec_of
from tests.bench.timing import in_turn, table
from tests.peers.engines import Copier, Cruft, Engine
from tests.peers.project import Version
from tests.peers.run import peers_environment

CACHE = Path(__file__).parents[2] / ".cache"
SIZES = (100, 500)
FLEETS = (10, 100)
TABLES_OF_EACH = 30
CHANGED = (".sql.jinja", ".yml.jinja")
"""The files that ended with another line in the templates that generated the platforms."""
EDITED_EVERY = 10


def measure(runs: int = 3) -> str:
    """The table of results for one platform, as Markdown."""
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        earlier = {"one new column": load_catalog(), "all models": _earlier_templates(scratch / "earlier")}
        rows = [
            [str(size), change, *_one(size, before, scratch / f"{size} {change}", runs if size < 500 else 1)]
            for size in SIZES
            for change, before in earlier.items()
        ]
    headings = [
        "tables",
        "change",
        "files",
        "files changed",
        "one render",
        "update",
        "command",
        "copier update",
        "cruft update",
    ]
    return table(headings, rows)


def measure_fleet() -> str:
    """The table of results for many platforms, as Markdown."""
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        before = _earlier_templates(scratch / "earlier")
        rows = [_many(number, before, scratch / str(number)) for number in FLEETS]
    return table(["platforms", "update", "per platform", "status", "per platform"], rows)


def _earlier_templates(root: Path) -> Catalog:
    """The current templates, with an extra line at the end of each model and properties file."""
    shutil.copytree(template_root() / "template", root / "template")
    shutil.copy(template_root() / "copier.yml", root)
    for place in (root / "template").rglob("*.jinja"):
        if place.name.endswith(CHANGED):
            comment = "--" if place.name.endswith(CHANGED[0]) else "#"
            place.write_text(f"{place.read_text(encoding='utf-8')}{comment} previous version\n", encoding="utf-8")
    return load_catalog(root)


def _with_a_column(spec: Spec) -> Spec:
    """The spec with an additional column in the last table."""
    source = spec.sources[0]
    last = source.tables[-1]
    longer = last.model_copy(update={"columns": (*last.columns, Column(name="added", type="text"))})
    changed = source.model_copy(update={"tables": (*source.tables[:-1], longer)})
    return spec.model_copy(update={"sources": (changed,)})


def _one(tables: int, before: Catalog, scratch: Path, runs: int) -> list[str]:
    """A row: the update within the rendering process, then the commands, each in its own process."""
    spec, current = spec_of(tables), load_catalog()
    ours = _generated(spec, before, scratch / "ours")
    if before is current:
        spec = _with_a_column(spec)
        (ours / "sources/big.yml").write_text(source_yaml(spec.sources[0]), encoding="utf-8")
    plan = make_plan(spec, current)
    base = baseline.parse((ours / baseline.PATH).read_text(encoding="utf-8"))
    changed = len(update.plan_update(ours, flow.render_current).answer.changes)
    contenders: dict[str, Callable[[], object]] = {
        "render": lambda: render(make_plan(spec, current), current, _empty(scratch / "rendered")),
        "update": lambda: _on_a_copy(ours, _update),
        "ours": lambda: _on_a_copy(ours, lambda folder: _platform_new("update", folder)),
    }
    environment = peers_environment(CACHE)
    for engine in (Copier, Cruft) if environment else ():
        peer = engine(scratch / engine.name, environment)
        contenders[engine.name] = _of_a_peer(peer, scratch / "peers" / engine.name, base, render(plan, current))
    medians = in_turn(contenders, runs, warmups=1 if runs > 1 else 0)
    process = medians["ours"]
    peers = [
        f"{medians[name]:.1f} s ({process / medians[name]:.2f}×)" if name in medians else "–"
        for name in (Copier.name, Cruft.name)
    ]
    rendered, updated = medians["render"], medians["update"]
    return [
        str(len(plan.files)), str(changed), f"{rendered:.2f} s",
        f"{updated:.2f} s ({updated / rendered:.2f}×)", f"{process:.1f} s", *peers,
    ]  # fmt: skip


def _many(number: int, before: Catalog, scratch: Path) -> list[str]:
    """A row: the commands on this many platforms."""
    first = _generated(spec_of(TABLES_OF_EACH), before, scratch / "p0")
    folders = [first, *(_copy(first, scratch / f"p{place}") for place in range(1, number))]
    cells = [str(number)]
    for command in ("update", "status"):
        taken = _timed(lambda command=command: _platform_new(command, *folders))
        cells += [f"{taken:.1f} s", f"{1000 * taken / number:.0f} ms"]
    return cells


def _generated(spec: Spec, catalog: Catalog, folder: Path) -> Path:
    """A team's platform: generated by earlier templates, then edited."""
    flow.create(folder, spec, catalog=catalog)
    _edit(folder)
    return folder


def _edit(folder: Path) -> None:
    """Commit a line at the start of every tenth model."""
    for place in sorted(folder.glob("transform/models/**/*.sql"))[::EDITED_EVERY]:
        place.write_text(f"-- ours\n{place.read_text(encoding='utf-8')}", encoding="utf-8")
    _git(folder, "commit", "--quiet", "--all", "--message", "Edit")
    _git(folder, "gc", "--quiet")


def _of_a_peer(engine: Engine, folder: Path, base: baseline.Baseline, current: dict[str, str]) -> Callable[[], float]:
    """A contender that updates the same files between the same versions, by copying instead of rendering."""
    engine.start(folder, "", Version(base.texts, base.executable))
    _edit(folder)
    own = {path: text for path, text in base.texts.items() if path not in current}
    engine.publish(Version({**own, **current}, base.executable))

    def run(copy: Path) -> None:
        answer = engine.update(copy)
        assert not answer.code, answer.output

    return lambda: _on_a_copy(folder, run)


def _on_a_copy(folder: Path, action: Callable[[Path], object]) -> float:
    """The seconds of an action on a copy of the folder, without the time for copying."""
    copy = _copy(folder, folder.with_name(f"{folder.name}-copy"))
    try:
        return _timed(lambda: action(copy))
    finally:
        shutil.rmtree(copy)


def _copy(folder: Path, copy: Path) -> Path:
    shutil.copytree(folder, copy, symlinks=True)
    _git(copy, "status")  # refreshes git's index, which is up to date after a checkout but not after a copy
    return copy


def _empty(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _update(folder: Path) -> None:
    with update.ready(folder):
        update.carry_out(update.plan_update(folder, flow.render_current))


def _platform_new(*arguments: object) -> None:
    command = [sys.executable, "-m", "platform_new", *map(str, arguments)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _timed(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def _git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=Team", "-c", "user.email=team@acme.example", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    print(measure())
    print(measure_fleet())
