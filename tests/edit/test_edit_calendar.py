"""`set` for the keys within `calendar`, and the seed that follows from them."""

from __future__ import annotations

import pytest
from test_edit_verbs import spec_diff

SEED = "transform/seeds/holidays.csv"
MAY_DAY = "1991-05-01,Labor Day\n"


def test_a_key_within_a_block_is_set_and_removed_with_its_block(repository, run):
    before = repository.read("platform.yml")
    assert run("set calendar.holidays NO --commit").code == 0
    assert spec_diff(repository, "HEAD~", "HEAD") == ['+calendar: {holidays: "NO"}']
    assert run("set calendar.fiscal_year_start=7 --commit").code == 0
    assert spec_diff(repository, "HEAD~", "HEAD")[1] == '+calendar: {holidays: "NO", fiscal_year_start: 7}'
    assert "the spec already says so" in run("set calendar.fiscal_year_start 7").out
    assert run("set", "calendar.holidays", "", "--commit").code == 0
    assert "calendar: {fiscal_year_start: 7}\n" in repository.read("platform.yml")
    assert run("set", "calendar.fiscal_year_start", "", "--commit").code == 0
    assert repository.read("platform.yml") == before
    assert not repository.path(SEED).exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("set calendar.holidays Germany", "`holidays` names no country whose holidays are known (`Germany`)"),
        ("set calendar.fiscal_year_start july", "`fiscal_year_start` has to be a whole number (`july`)"),
        ("set calendar.holiday DE", "did you mean `calendar.holidays`?"),
        ("set calendar DE", "`platform-new set calendar.fiscal_year_start VALUE`"),
        ("set owner.name me", "unknown key (`owner.name`)"),
    ],
)
def test_what_cannot_be_set_is_refused_with_a_hint(words, message, refused):
    assert message in refused(words)


def test_a_corrected_holiday_stays_when_the_place_changes(repository, run):
    """Like every edit of a generated file; the new place adds its holidays."""
    assert run("set calendar.holidays DE --commit").code == 0
    text = repository.read(SEED)
    assert MAY_DAY in text and "Corpus Christi" not in text
    repository.path(SEED).write_text(text.replace(MAY_DAY, "1991-05-01,May Day\n"))
    repository.git("commit", "--quiet", "--all", "--message", "May Day")
    assert run("set calendar.holidays DE-BY --commit").code == 0
    text = repository.read(SEED)
    assert "1991-05-01,May Day\n" in text and MAY_DAY not in text and "1991-05-30,Corpus Christi\n" in text
