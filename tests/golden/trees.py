"""The platforms whose generated repositories are kept here as files, and their comparison with the current output."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path

from platform_new import flow
from platform_new.samples import sample_source
from platform_new.spec.calendar import Calendar
from platform_new.spec.models import Platform, Source, Spec

FOLDER = Path(__file__).parent
ACCEPT = "make golden"
LEFT_OUT = ("constraints.txt", ".platform/base.txtar")
"""The first file is the same in every repository, the second repeats all other files."""

SURVEYS = {
    "name": "surveys",
    "kind": "files",
    "description": "What customers answer after a delivery, as the agency exports it",
    "schedule": "30 6 * * 1",
    "drift": "freeze",
    "tables": [
        {
            "name": "answers",
            "origin": "answers/*.csv",
            "description": "One answer to one question.",
            "role": "fact",
            "event_time": "answered_at",
            "key": ["answer_id"],
            "columns": [
                {"name": "answer_id", "type": "uuid", "required": True},
                {"name": "question_id", "type": "integer", "required": True, "references": "questions.question_id"},
                {"name": "answered_at", "type": "timestamptz", "required": True},
                {"name": "score", "origin": "Score (1-5)", "type": "smallint", "min": 1, "max": 5},
                {"name": "comment", "type": "text", "pii": "other", "description": 'In the "customer\'s" own words'},
            ],
        },
        {
            "name": "questions",
            "origin": "questions.csv",
            "role": "dimension",
            "key": ["question_id"],
            "columns": [
                {"name": "question_id", "type": "integer", "required": True},
                {"name": "text", "type": "text", "required": True},
            ],
        },
    ],
}

PLATFORMS = {
    "acme_star_airflow": Spec(
        platform=Platform(
            name="acme",
            description="Sales analytics of the Acme shop",
            owner="data-team@acme.example",
            warehouse="postgres",
            orchestrator="airflow",
            modeling="star",
            ci="github",
            calendar=Calendar(fiscal_year_start=7, holidays="DE"),
        ),
        sources=(sample_source("shop"),),
    ),
    "shop_obt_cron": Spec(
        platform=Platform(name="shop-insights", warehouse="duckdb", orchestrator="none", modeling="obt", ci="none"),
        sources=(sample_source("shop").model_copy(update={"kind": "mysql"}), Source.model_validate(SURVEYS)),
    ),
    "acme_star_streaming": Spec(
        platform=Platform(
            name="acme",
            warehouse="duckdb",
            orchestrator="airflow",
            modeling="star",
            processing="streaming",
            ci="github",
        ),
        sources=(sample_source("shop"),),
        event_sources=(sample_source("web"),),
    ),
}


def generated(name: str, folder: Path) -> dict[str, str]:
    """Generate the platform in the folder; returns the texts of its files."""
    flow.create(folder, PLATFORMS[name], git=False)
    return texts(folder)


def texts(folder: Path) -> dict[str, str]:
    """The text of every file of a tree by path; the first line marks an executable file."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name not in LEFT_OUT:
            mark = "(executable)\n" if path.stat().st_mode & 0o100 else ""
            found[name] = mark + path.read_bytes().decode()
    return found


def differences(golden: dict[str, str], current: dict[str, str]) -> Iterator[str]:
    """A unified diff for each file that differs from its golden file."""
    for path in sorted(golden.keys() | current.keys()):
        before, after = golden.get(path, ""), current.get(path, "")
        if before != after or (path in golden) != (path in current):
            lines = (before.splitlines(keepends=True), after.splitlines(keepends=True))
            yield "".join(difflib.unified_diff(*lines, f"golden/{path}", f"current/{path}")) or f"{path}: empty file"
