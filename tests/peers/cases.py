"""The cases: a team edits a generated repository of a few plain files while its template changes.

Each case has the team's edit after the first version, the template's last version, and signs of both: `ours` for the
team's edit, `theirs` for the template's change.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from .edits import (
    BILLING,
    BRANCH,
    CHANGED,
    CRM,
    FIRST,
    HOME,
    LIST,
    ORDER,
    SCRIPT,
    STORE,
    TEAM,
    TEMPLATE,
    WITH_BOTH,
    committed,
    cut_short,
    damaged,
    executable,
    first,
    last,
    linked,
    model,
    move,
    remove,
    shallow,
    squashed,
    two_branches,
    with_crlf,
    with_markers,
    without_final_newline,
    without_record,
    write,
)
from .judge import Absent, Mode, Sign, Text
from .project import Edit, Version


def at(text: str, *paths: str) -> Text:
    """A sign: the text is in one of these files."""
    return Text(text, paths)


@dataclass(frozen=True)
class Case:
    """One row of the table."""

    title: str
    edit: Edit
    last: Version = CHANGED
    ours: tuple[Sign, ...] = (at(TEAM, STORE),)
    theirs: tuple[Sign, ...] = (at(TEMPLATE, STORE),)
    prefix: str = ""
    needs_record: bool = False


NEW, IGNORED = "docs/new.md", "data/new.md"
CASES = (
    Case("edited by the team, changed elsewhere in the template", committed(last(STORE))),
    Case("edited by the team, same lines changed in the template", committed(first(STORE))),
    Case(
        "both append to the same YAML list",
        committed(last(LIST, "  - name: team")),
        FIRST.last(LIST, "  - name: template"),
        (at("name: team", LIST),),
        (at("name: template", LIST),),
    ),
    Case("deleted by the team, changed in the template", committed(remove(STORE)), ours=(Absent(STORE),)),
    Case(
        "deleted by the team, unchanged in the template",
        committed(remove(STORE)),
        FIRST.last(ORDER, TEMPLATE),
        (Absent(STORE),),
        (at(TEMPLATE, ORDER),),
    ),
    Case(
        "renamed and edited by the team, changed in the template",
        committed(move(STORE, HOME), last(HOME)),
        ours=(at(TEAM, HOME), Absent(STORE)),
        theirs=(at(TEMPLATE, HOME, STORE),),
    ),
    Case(
        "a folder moved by the team, its files changed in the template",
        committed(move("models/shop", "models/ours")),
        CHANGED.first(ORDER, TEMPLATE),
        (Absent(STORE), Absent(ORDER)),
        (at(TEMPLATE, "models/ours/store.sql"), at(TEMPLATE, "models/ours/order.sql")),
    ),
    Case(
        "both add the same file with different content",
        committed(write(NEW, f"{TEAM}\n")),
        FIRST.put(NEW, f"{TEMPLATE}\n"),
        (at(TEAM, NEW),),
        (at(TEMPLATE, NEW),),
    ),
    Case(
        "edited by the team, deleted in the template",
        committed(last(STORE)),
        FIRST.drop(STORE),
        theirs=(Absent(STORE),),
    ),
    Case(
        "edited by the team, moved in the template",
        committed(last(STORE)),
        FIRST.move(STORE, HOME),
        (at(TEAM, HOME),),
        (at("raw_store", HOME), Absent(STORE)),
    ),
    Case(
        "edited by the team, moved and changed in the template",
        committed(last(STORE)),
        CHANGED.move(STORE, HOME),
        (at(TEAM, HOME),),
        (at(TEMPLATE, HOME), Absent(STORE)),
    ),
    Case(
        "edited by the team, deleted in the template, which adds a similar file",
        committed(last(STORE)),
        FIRST.drop(STORE).put(BRANCH, model("branch")),
        theirs=(at("raw_branch", BRANCH), Absent(STORE)),
    ),
    Case(
        "made executable by the team, changed in the template",
        committed(executable),
        FIRST.last(SCRIPT, TEMPLATE),
        (Mode(SCRIPT),),
        (at(TEMPLATE, SCRIPT),),
    ),
    Case(
        "edited by the team, made executable in the template",
        committed(last(SCRIPT)),
        replace(FIRST, executable=frozenset({SCRIPT})),
        (at(TEAM, SCRIPT),),
        (Mode(SCRIPT),),
    ),
    Case("edited in a checkout with CRLF", committed(with_crlf)),
    Case("edited, without a trailing newline", committed(without_final_newline)),
    Case("replaced by a symlink, changed in the template", committed(linked), ours=(at("order.sql", STORE),)),
    Case(
        "an untracked file where the template adds one",
        write(NEW, f"{TEAM}\n"),
        FIRST.put(NEW, f"{TEMPLATE}\n"),
        (at(TEAM, NEW),),
        (at(TEMPLATE, NEW),),
    ),
    Case(
        "an ignored file where the template adds one",
        write(IGNORED, f"{TEAM}\n"),
        FIRST.put(IGNORED, f"{TEMPLATE}\n"),
        (at(TEAM, IGNORED),),
        (at(TEMPLATE, IGNORED),),
    ),
    Case("uncommitted edit in a file that the template changes", last(STORE)),
    Case("uncommitted edit in a file that the template leaves alone", last(ORDER), ours=(at(TEAM, ORDER),)),
    Case("a shallow clone", shallow),
    Case(
        "an update squash-merged into the main branch",
        squashed,
        FIRST.first(STORE, "-- third version"),
        (at(TEAM, ORDER),),
        (at("-- third version", STORE),),
    ),
    Case(
        "two branches, each with a new source, merged",
        two_branches,
        WITH_BOTH.first(CRM, TEMPLATE).first(BILLING, TEMPLATE),
        (at(TEAM, CRM),),
        (at(TEMPLATE, CRM), at(TEMPLATE, BILLING)),
    ),
    Case("in a subfolder of a larger repository", committed(last(STORE)), prefix="teams/acme"),
    Case("the update record contains conflict markers", damaged(with_markers), needs_record=True),
    Case("the update record is truncated", damaged(cut_short), needs_record=True),
    Case("the update record is deleted", without_record, needs_record=True),
)
