"""The page on personal data shows the precision and recall computed from the labelled columns."""

from __future__ import annotations

import importlib.util
import sys

from pages import ROOT

PAGE = ROOT / "docs/personal-data.md"
PARTS = {"tuning": "used for tuning", "held_out": "held out"}


def test_the_published_precision_and_recall_are_those_that_are_computed():
    labelled = _labelled()
    columns = labelled.labelled()
    rows = [
        f"| {shown} | {what} | {score.precision:.2f} | {score.recall:.2f} |"
        for part, shown in PARTS.items()
        for what, score in labelled.score(part).items()
    ]
    text = " ".join(PAGE.read_text(encoding="utf-8").split())
    assert " ".join(rows) in text, "\n".join(rows)
    held_out = sum(each.part == "held_out" for each in columns)
    assert f"measured on {len(columns)} labelled columns" in text, len(columns)
    assert f"{held_out} of them were labelled before they were measured and held out" in text, held_out


def _labelled():
    spec = importlib.util.spec_from_file_location("labelled", ROOT / "tests/introspect/labelled.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault("labelled", module)
    spec.loader.exec_module(module)
    return module
