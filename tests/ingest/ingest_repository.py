"""A small repository made of the template's ingestion files, for tests that run them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jinja2
import yaml

TEMPLATE = Path(__file__).parents[2] / "template"
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
    """Write the ingestion of these sources to `root`, as a generated repository has it."""
    layers = [TEMPLATE / "base", TEMPLATE / "warehouse" / warehouse]
    layers += [TEMPLATE / "source" / source["kind"] for source in sources]
    for layer in layers:
        for path in [layer / "run.py", *layer.glob("ingest/**/*")]:
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


def ingest(root: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m ingest` in the repository, with these variables set."""
    return subprocess.run(
        [sys.executable, "-m", "ingest", *arguments],
        cwd=root,
        env=environment(**variables),
        capture_output=True,
        text=True,
        check=False,
    )


def environment(**variables: str) -> dict[str, str]:
    """The environment of this process without addresses of sources, and with these variables."""
    inherited = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
    return {**inherited, "PYTHONDONTWRITEBYTECODE": "1", **variables}


def _write(root: Path, relative: Path, template: Path, sources: tuple[dict[str, Any], ...]) -> None:
    if template.suffix != ".jinja":
        (root / relative).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(template, root / relative)
        return
    for source in sources:
        variable = source.get("connection") or f"{source['name'].upper()}_URL"
        spec = SimpleNamespace(kind=source["kind"], variable=variable)
        text = ENVIRONMENT.from_string(template.read_text(encoding="utf-8")).render(
            source=SimpleNamespace(name=source["name"], spec=spec)
        )
        target = root / str(relative).removesuffix(".jinja").replace("{source}", source["name"])
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
