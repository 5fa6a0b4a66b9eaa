"""The proposals for public schemas agree with experts as often as the docs say."""

from __future__ import annotations

import pytest
from experts import COMMAND, FIGURES, PAGE, measure, page_figures

pytestmark = pytest.mark.xdist_group("experts")
ROUNDING = 0.02
"""How far a figure may be from what the page says before the page has to be written anew."""


@pytest.fixture(scope="module")
def report(schemas, postgres_url):
    """The figures of each schema."""
    return measure(schemas, postgres_url)


@pytest.mark.exhaustive
@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.says)
def test_the_proposals_agree_with_experts(report, figure):
    value = figure.value(report)
    assert figure.holds(value), f"{figure.says}: {value:.3f}, and the floor is {figure.floor}"


@pytest.mark.exhaustive
def test_the_page_says_what_is_measured(report):
    stated = [float(value) for value in page_figures(PAGE.read_text(encoding="utf-8"))]
    measured = [figure.value(report) for figure in FIGURES]
    assert stated == pytest.approx(measured, abs=ROUNDING), f"run: {COMMAND}"


def test_the_page_states_every_figure_and_none_below_its_floor():
    stated = [float(value) for value in page_figures(PAGE.read_text(encoding="utf-8"))]
    assert len(stated) == len(FIGURES), f"run: {COMMAND}"
    assert all(figure.holds(value) for figure, value in zip(FIGURES, stated, strict=True))
