"""Parse the LookML of this folder, and check that each join finds its views and fields.

Exit code 0, or 1 with a line for each problem.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import lkml

FOLDER = Path(__file__).parent
FIELD = re.compile(r"\$\{(\w+)\.(\w+)\}")
KINDS = ("dimensions", "dimension_groups", "measures")


def main() -> int:
    """Print the problems; returns 1 if there are any."""
    files = {
        path.name: lkml.load(path.read_text(encoding="utf-8")) for path in FOLDER.glob("*.lkml")
    }
    views = {view["name"]: view for content in files.values() for view in content.get("views", ())}
    fields = {
        name: {each["name"] for kind in KINDS for each in view.get(kind, ())}
        for name, view in views.items()
    }
    problems = [
        problem
        for file, content in files.items()
        for explore in content.get("explores", ())
        for problem in _unknown(explore, file, fields)
    ]
    print("\n".join(problems) or f"{len(views)} views, no problems")
    return 1 if problems else 0


def _unknown(explore: dict, file: str, fields: dict[str, set[str]]) -> Iterator[str]:
    """A problem for each view or field that an explore names and no file has."""
    if explore["name"] not in fields:
        yield f"{file}: there is no view `{explore['name']}`"
    for join in explore.get("joins", ()):
        for view, field in FIELD.findall(join["sql_on"]):
            if field not in fields.get(view, ()):
                yield f"{file}: `{explore['name']}` joins by `{view}.{field}`, which no view has"


if __name__ == "__main__":
    sys.exit(main())
