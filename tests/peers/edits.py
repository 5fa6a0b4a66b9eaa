"""The team's edits of a repository of a few plain files."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

from .project import Edit, Project, Version

TEAM, TEMPLATE = "-- written by the team", "-- new in the template"


def model(table: str) -> str:
    """The model of a table; the models of two tables differ only in the table's name."""
    return f"""\
with source as (
    select * from raw_{table}
),

renamed as (
    select
        {table}_id,
        label,
        opened_at,
        closed_at
    from source
    where not deleted
)

select * from renamed
"""


STORE, ORDER, PRODUCT = "models/shop/store.sql", "models/shop/order.sql", "models/shop/product.sql"
BRANCH, HOME, LIST, SCRIPT = "models/shop/branch.sql", "models/mine/store.sql", "sources.yml", "run.sh"
FIRST = Version(
    {
        STORE: model("store"),
        ORDER: model("order"),
        PRODUCT: model("product"),
        LIST: "sources:\n  - name: shop\n    schedule: daily\n  - name: web\n    schedule: hourly\n",
        SCRIPT: "#!/bin/sh\n# Loads what is due.\nexec load --all\n",
        "docs/start.md": "# Start here\n\nRead this first.\n",
        ".gitignore": "data/\n",
    }
)
CHANGED = FIRST.first(STORE, TEMPLATE)
"""The template change of most cases: a new first line in one file."""


def committed(*steps: Edit) -> Edit:
    """These edits, in one commit."""

    def edit(project: Project) -> None:
        for step in steps:
            step(project)
        project.commit()

    return edit


def last(path: str, line: str = TEAM) -> Edit:
    """Append a line to a file."""
    return lambda project: project.last(path, line)


def first(path: str, line: str = TEAM) -> Edit:
    """Prepend a line to a file."""
    return lambda project: project.first(path, line)


def write(path: str, text: str) -> Edit:
    """Write a file with this text."""
    return lambda project: project.write(path, text)


def remove(path: str) -> Edit:
    """Delete a file."""
    return lambda project: project.path(path).unlink()


def move(old: str, new: str) -> Edit:
    """Move a file or a folder."""
    return lambda project: project.move(old, new)


def executable(project: Project) -> None:
    """Make the script executable."""
    project.path(SCRIPT).chmod(0o755)


def with_crlf(project: Project) -> None:
    """Edit a checkout with Windows line endings, as git creates on Windows."""
    project.git("config", "core.autocrlf", "true")
    for path in project.git("ls-files").splitlines():
        project.path(path).unlink()
    project.git("checkout", "--", ".")
    assert "\r\n" in project.read(STORE)
    project.write(STORE, f"{project.read(STORE)}{TEAM}\r\n")


def without_final_newline(project: Project) -> None:
    """Append a line without a trailing newline."""
    project.write(STORE, project.read(STORE) + TEAM)


def linked(project: Project) -> None:
    """Replace a file by a symlink."""
    project.path(STORE).unlink()
    project.path(STORE).symlink_to("order.sql")


def shallow(project: Project) -> None:
    """Edit, then replace the repository by a shallow clone."""
    committed(last(STORE))(project)
    project.become_shallow()


def squashed(project: Project) -> None:
    """Edit and update on a branch, then squash-merge it into main."""
    project.git("switch", "--quiet", "--create", "work")
    committed(last(ORDER))(project)
    project.update_to(FIRST.first(STORE, "-- second version"))
    project.git("switch", "--quiet", "main")
    project.git("merge", "--quiet", "--squash", "work")
    project.commit("Squashed")


CRM, BILLING = "models/crm.sql", "models/billing.sql"
WITH_CRM = FIRST.put(CRM, model("crm"))
WITH_BOTH = WITH_CRM.put(BILLING, model("billing"))


def two_branches(project: Project) -> None:
    """Update two branches to versions with one new source each, merge both, then edit."""
    for name, version in (("crm", WITH_CRM), ("billing", WITH_BOTH)):
        project.git("switch", "--quiet", "--create", name, "main")
        project.update_to(version)
    project.git("switch", "--quiet", "main")
    project.git("merge", "--quiet", "crm")
    try:
        project.git("merge", "--quiet", "--no-edit", "billing")
    except subprocess.CalledProcessError:
        project.git("checkout", "--theirs", "--", project.engine.record)
    committed(last(CRM))(project)


def damaged(damage: Callable[[str], str]) -> Edit:
    """Edit, and damage the engine's update record."""

    def edit(project: Project) -> None:
        project.last(STORE, TEAM)
        project.write(project.engine.record, damage(project.read(project.engine.record)))
        project.commit()

    return edit


def without_record(project: Project) -> None:
    """Edit, and delete the engine's update record."""
    project.last(STORE, TEAM)
    project.path(project.engine.record).unlink()
    project.commit()


def with_markers(text: str) -> str:
    """The text with its second half between conflict markers, as after a merge."""
    lines = text.splitlines(keepends=True)
    half = len(lines) // 2
    both = "".join(lines[half:])
    return "".join(lines[:half]) + f"<<<<<<< HEAD\n{both}=======\n{both}>>>>>>> other\n"


def cut_short(text: str) -> str:
    """The first half of a text."""
    return text[: len(text) // 2]
