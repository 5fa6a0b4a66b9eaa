"""Generating platforms with many tables, compared with a bare Jinja loop, copier and cookiecutter."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from platform_new.catalog import Catalog, load_catalog
from platform_new.plan import Plan, make_plan
from platform_new.render import dbt, odcs, quoting, render
from platform_new.render.copier_extension import template_context
from platform_new.spec.models import Platform, Source, Spec
from tests.bench.timing import in_turn, table

OTHERS = ("bare Jinja loop", "copier", "cookiecutter")
SIZES = (10, 100, 500, 2000)
JINJA = {
    "block_start_string": "[%", "block_end_string": "%]", "variable_start_string": "[[", "variable_end_string": "]]",
    "comment_start_string": "[#", "comment_end_string": "#]", "keep_trailing_newline": True, "lstrip_blocks": True,
    "trim_blocks": True, "undefined": StrictUndefined,
}  # fmt: skip


def spec_of(tables: int) -> Spec:
    """A source with this many tables of about eight columns: one fact to four dimensions."""
    dimensions = [number for number in range(tables) if number % 5]

    def columns(number: int) -> list[dict]:
        fact = number % 5 == 0
        links = [other for other in range(number + 1, number + 3) if fact and other in dimensions]
        return [
            {"name": "id", "type": "bigint", "required": True},
            *({"name": f"t{other}_id", "type": "bigint", "references": f"t{other}.id"} for other in links),
            {"name": "code", "type": "text", "required": True, "values": ["a", "b", "c"]},
            {"name": "title", "type": "text"},
            {"name": "amount", "type": "numeric(12,2)"},
            {"name": "quantity", "type": "integer"},
            {"name": "happened_at", "type": "timestamp"},
        ]

    made = [
        {
            "name": f"t{number}",
            "schema": "public",
            "role": "dimension" if number % 5 else "fact",
            "key": ["id"],
            "columns": columns(number),
        }
        for number in range(tables)
    ]
    source = Source.model_validate({"name": "big", "kind": "postgres", "tables": made})
    return Spec(platform=Platform(name="bench"), sources=(source,))


def measure(runs: int = 3) -> str:
    """The table of results, as Markdown."""
    rows = []
    for size in SIZES:
        spec, catalog = spec_of(size), load_catalog()
        with tempfile.TemporaryDirectory() as scratch:
            medians, files = _contest(spec, catalog, Path(scratch), runs if size < 2000 else 1)
        ours = medians["platform-new"]
        rows.append([
            str(size), str(files), f"{ours:.2f} s", f"{1000 * ours / files:.2f} ms",
            *(f"{medians[name]:.2f} s ({ours / medians[name]:.2f}×)" for name in OTHERS),
        ])  # fmt: skip
    headings = ["tables", "files", "platform-new", "per file", "bare Jinja loop", "copier", "cookiecutter"]
    return table(headings, rows)


def _contest(spec: Spec, catalog: Catalog, scratch: Path, runs: int) -> tuple[dict[str, float], int]:
    plan = make_plan(spec, catalog)
    for_copier, for_cookiecutter = scratch / "copier-template", scratch / "cookiecutter-template"
    _bare(plan, catalog, for_copier / "files")
    (for_copier / "copier.yml").write_text(
        "_subdirectory: files\n_templates_suffix: ''\n_envops: {variable_start_string: '«v', "
        "variable_end_string: '@v»', block_start_string: '«b', block_end_string: '@b»', "
        "comment_start_string: '«c', comment_end_string: '@c»'}\n"
    )
    shutil.copytree(for_copier / "files", for_cookiecutter / "«vcookiecutter.name@v»")
    (for_cookiecutter / "cookiecutter.json").write_text(json.dumps({
        "name": "made",
        "_jinja2_env_vars": {
            "variable_start_string": "«v", "variable_end_string": "@v»", "block_start_string": "«b",
            "block_end_string": "@b»", "comment_start_string": "«c", "comment_end_string": "@c»",
        },
    }))  # fmt: skip
    made = scratch / "made"

    def fresh() -> Path:
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir()
        return made

    contenders = {
        "platform-new": lambda: render(make_plan(spec, catalog), catalog, fresh()),
        "bare Jinja loop": lambda: _bare(make_plan(spec, catalog), catalog, fresh()),
        "copier": lambda: _copier(for_copier, fresh()),
        "cookiecutter": lambda: _cookiecutter(for_cookiecutter, fresh()),
    }
    return in_turn(contenders, runs, warmups=1 if runs > 1 else 0), len(plan.files)


def _bare(plan: Plan, catalog: Catalog, folder: Path) -> None:
    environment = Environment(loader=FileSystemLoader(catalog.root / "template"), **JINJA)
    environment.filters.update({**quoting.FILTERS, **dbt.FILTERS, **odcs.FILTERS})
    for file in plan.files:
        target = folder / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        if file.template.endswith(".jinja"):
            text = environment.get_template(file.template).render(template_context(file, plan))
        else:
            text = (catalog.root / "template" / file.template).read_text()
        target.write_text(text)


def _copier(template: Path, folder: Path) -> None:
    import copier

    copier.run_copy(str(template), folder, defaults=True, overwrite=True, quiet=True)


def _cookiecutter(template: Path, folder: Path) -> None:
    from cookiecutter.main import cookiecutter

    cookiecutter(str(template), no_input=True, output_dir=str(folder), accept_hooks=False)
