"""Reports on repositories: as an inventory in JSON, and as a table for people."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, computed_field

from platform_new import __version__
from platform_new.errors import Problem, Refused
from platform_new.merge import baseline
from platform_new.merge.three_way import Outcome
from platform_new.spec.load import PLATFORM, parse_platform, parse_source
from platform_new.spec.schema import WithoutTitles

if TYPE_CHECKING:
    from platform_new.merge.update import UpdatePlan

COUNTED = {
    "conflicts": (Outcome.CONFLICT,),
    "edited": (Outcome.EDITED, Outcome.MERGED),
    "deleted": (Outcome.DELETED,),
    "orphaned": (Outcome.ORPHANED,),
}
"""The columns of the table that count files, each with the outcomes that it counts."""
LEFT_ALONE = (Outcome.EDITED, Outcome.DELETED, Outcome.ORPHANED)


class State(str, Enum):
    """The state of a repository, or the result of a command on it."""

    UP_TO_DATE = "up to date"
    UNCOMMITTED = "uncommitted"
    BEHIND = "behind"
    CONFLICTS = "conflicts"
    BLOCKED = "blocked"
    CLEAN = "clean"
    PASSED = "passed"
    FINDINGS = "has findings"
    REFUSED = "refused"
    FAILED = "failed"


class _Model(BaseModel):
    # Every key is always present, so that consumers need no defaults.
    model_config = ConfigDict(json_schema_serialization_defaults_required=True)


class FileReport(_Model):
    """A generated file that an update changes, or that its owners changed."""

    path: Annotated[str, Field(description="Its path in the repository, after the update.")]
    outcome: Annotated[Outcome, Field(description="What happens to it.")]
    reason: Annotated[str, Field(description="Why.")]
    before: Annotated[str, Field(description="Its current path, if it moves.")] = ""


class Finding(_Model):
    """An obstacle or a failed check: what is wrong, where, and what to do."""

    reason: str
    hint: str = ""
    file: str = ""
    line: int | None = None
    value: str = ""

    @computed_field(json_schema_extra={"deprecated": True})
    @property
    def cure(self) -> str:
        """The former name of `hint`."""
        return self.hint

    def problem(self) -> Problem:
        """The problem that was found."""
        return Problem(self.reason, self.hint, self.file, self.line, self.value)


class Report(_Model):
    """The report on one repository."""

    path: Annotated[str, Field(description="The repository, as given on the command line.")]
    outcome: Annotated[State, Field(description="Its state, or the result of the command.")]
    name: Annotated[str, Field(description="The platform's name; empty if unknown.")] = ""
    generated_by: Annotated[str, Field(description="The version of platform-new that last generated it.")] = ""
    platform_new: Annotated[str, Field(description="The version of platform-new that made this report.")] = __version__
    changed_spec: Annotated[
        list[str], Field(description="The spec files whose values changed since it was generated.")
    ] = []
    changed_templates: Annotated[bool, Field(description="Whether the templates changed since then.")] = False
    files: list[FileReport] = []
    problems: list[Finding] = []


def report(path: Path, outcome: State, problems: Sequence[Problem] = ()) -> Report:
    """A report that has only an outcome and problems."""
    return Report(path=str(path), outcome=outcome, problems=[Finding(**dataclasses.asdict(each)) for each in problems])


def report_on(path: Path, planned: UpdatePlan, outcome: State) -> Report:
    """The report on a repository whose update was planned."""
    decisions = planned.answer.decisions
    changed_spec = _changed_spec(*planned.specs)
    newer = planned.generated_by != __version__
    return report(path, outcome, planned.obstacles).model_copy(
        update={
            "name": planned.name,
            "generated_by": planned.generated_by,
            "changed_spec": changed_spec,
            # Within a version, templates change only in a development checkout: the spec does not explain the changes.
            "changed_templates": newer or not (planned.up_to_date or changed_spec),
            "files": [
                FileReport(path=each.path, outcome=each.outcome, reason=each.reason, before=each.before)
                for each in decisions
            ],
        }
    )


def _changed_spec(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """The spec files that have changed in meaning; empty if the previous spec is unknown."""
    return sorted(path for path in before.keys() | now.keys() if before and _differ(path, before, now))


def _differ(path: str, before: Mapping[str, str], now: Mapping[str, str]) -> bool:
    if path not in before or path not in now or before[path] == now[path]:
        return (path in before) != (path in now)
    parse = parse_platform if path == PLATFORM else parse_source
    try:
        # Another version of platform-new may write the same spec differently.
        return parse(before[path], path) != parse(now[path], path)
    except Refused:
        return True


def in_json(reports: Sequence[Report]) -> str:
    """The inventory: a list of reports."""
    return TypeAdapter(list[Report]).dump_json(list(reports), indent=2).decode()


def inventory_schema() -> str:
    """The JSON Schema of the inventory."""
    schema = TypeAdapter(list[Report]).json_schema(mode="serialization", schema_generator=WithoutTitles)
    return json.dumps({"$schema": WithoutTitles.schema_dialect, **schema}, indent=2, ensure_ascii=False) + "\n"


def table(reports: Sequence[Report]) -> str:
    """The reports as a table, with the problems below it."""
    rows = [("repository", "state", "generated by", "what changed", "pending", *COUNTED)]
    for each in reports:
        counts = [sum(file.outcome in outcomes for file in each.files) for outcomes in COUNTED.values()]
        changing = sum(file.outcome not in LEFT_ALONE and file.path != baseline.PATH for file in each.files)
        shown = [str(number) for number in (changing, *counts)] if each.name else [""] * (1 + len(counts))
        rows.append((each.path, each.outcome.value, each.generated_by, _causes(each), *shown))
    lines = in_columns(rows)
    for each in reports:
        lines += [f"\n{each.path}: {finding.problem()}" for finding in each.problems]
    return "\n".join(lines)


def _causes(report: Report) -> str:
    templates = ["templates"] if report.changed_templates else []
    return ", ".join([*report.changed_spec, *templates])


def in_columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """A line for each row, with aligned columns."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
