"""A small repository with the template's ingestion files, for tests that run them."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jinja2
import yaml

TEMPLATE = Path(__file__).parents[2] / "template"
# Set before any process imports dlt.
os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")
ENVIRONMENT = jinja2.Environment(
    variable_start_string="[[",
    variable_end_string="]]",
    block_start_string="[%",
    block_end_string="%]",
    undefined=jinja2.StrictUndefined,
    keep_trailing_newline=True,
    trim_blocks=True,
    lstrip_blocks=True,
)


def make_repository(root: Path, *sources: dict[str, Any], warehouse: str = "duckdb") -> Path:
    """Write the ingestion of these sources to `root`, as in a generated repository."""
    layers = [TEMPLATE / "base", TEMPLATE / "warehouse" / warehouse]
    kinds = {source["kind"] for source in sources}
    cards = [yaml.safe_load((TEMPLATE / "source" / kind / "choice.yml").read_text(encoding="utf-8")) for kind in kinds]
    layers += [
        TEMPLATE / "source" / name for name in {*kinds, *(one for card in cards for one in card.get("brings", ()))}
    ]
    for layer in layers:
        for path in [layer / "run.py", *layer.glob("ingest/**/*"), *layer.glob("sample/*")]:
            if path.is_file() and "__pycache__" not in path.parts:
                _write(root, path.relative_to(layer), path, sources)
    (root / "sources").mkdir(exist_ok=True)
    (root / "platform.yml").write_text("name: test-platform\n")
    for source in sources:
        write_source(root, source)
    return root


def write_source(root: Path, source: dict[str, Any]) -> None:
    """Write `sources/<name>.yml`."""
    text = yaml.safe_dump(source, sort_keys=False, allow_unicode=True)
    (root / "sources" / f"{source['name']}.yml").write_text(text, encoding="utf-8")


@contextmanager
def sample_maker(root: Path) -> Iterator[Callable[..., tuple[Any, dict[str, dict[str, list[Any]]]]]]:
    """A function from tables to their source and the sample rows that a generated repository has for them."""
    empty = {"name": "shop", "kind": "postgres", "tables": []}
    sys.path.insert(0, str(make_repository(root, empty)))
    from ingest import spec
    from sample.tables import make_tables

    def make(*tables: dict[str, Any], rows: int = 300) -> tuple[Any, dict[str, dict[str, list[Any]]]]:
        write_source(root, {**empty, "tables": list(tables)})
        source = spec.read_source("shop", root)
        return source, make_tables(source, rows)

    try:
        yield make
    finally:
        sys.path.remove(str(root))
        for name in [name for name in sys.modules if name.split(".")[0] in ("ingest", "sample")]:
            del sys.modules[name]


@dataclass(frozen=True)
class Done:
    """The exit code and output of a command."""

    returncode: int
    stdout: str
    stderr: str


def ingest(root: Path, *arguments: str, **variables: str) -> Done:
    """Run `python -m ingest` in the repository, with these variables set.

    It runs in a fork of a process that has imported dlt, because the import takes longer than a load.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["dlt", "duckdb", "pyarrow.compute", "mimesis"])
    process = context.Process(target=_main, args=(root, arguments, environment(**variables)))
    process.start()
    process.join()
    said = [(root / name).read_text(encoding="utf-8") for name in ("stdout", "stderr")]
    return Done(process.exitcode or 0, *said)


def _main(root: Path, arguments: tuple[str, ...], variables: dict[str, str]) -> None:
    for name, number in (("stdout", 1), ("stderr", 2)):
        os.dup2(os.open(root / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    os.chdir(root)
    os.environ.clear()
    os.environ.update(variables)
    sys.path.insert(0, str(root))
    main = importlib.import_module("ingest.__main__").main
    status = main(arguments)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def environment(**variables: str) -> dict[str, str]:
    """The environment of this process without the variables of sources, and with these variables."""
    inherited = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
    return {**inherited, "PYTHONDONTWRITEBYTECODE": "1", **variables}


def _write(root: Path, relative: Path, template: Path, sources: tuple[dict[str, Any], ...]) -> None:
    if template.suffix != ".jinja":
        (root / relative).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(template, root / relative)
        return
    # No source is one of events, so no layer adds to these files.
    plan, choice = SimpleNamespace(parts=lambda place: ()), SimpleNamespace(parts={})
    for source in sources:
        variable = source.get("connection") or f"{source['name'].upper()}_URL"
        spec = SimpleNamespace(kind=source["kind"], variable=variable)
        text = ENVIRONMENT.from_string(template.read_text(encoding="utf-8")).render(
            plan=plan, source=SimpleNamespace(name=source["name"], spec=spec, choice=choice)
        )
        target = root / str(relative).removesuffix(".jinja").replace("{source}", source["name"])
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
