"""Schedules are cron expressions."""

from __future__ import annotations

import pytest

from platform_new.spec.cron import longest_wait_minutes, parse_cron


@pytest.mark.parametrize(
    "text",
    [
        "* * * * *",
        "0 3 * * *",
        "*/15 0-6,20-23/2 1,15 jan-mar mon-fri",
        "0 0 * * 7",
        "5/10 * * * *",
        "@daily",
        " 0  3 * * * ",
    ],
)
def test_good_schedules(text):
    parse_cron(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "daily", "@reboot", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *"),
        *("* * * * 8", "5-1 * * * *", "*/0 * * * *", "a * * * *", "1, * * * *", "-1 * * * *", "* * * * monday"),
        *("² * * * *", "1--2 * * * *"),
    ],
)
def test_bad_schedules(text):
    with pytest.raises(ValueError, match=r"it has \d fields|has to be from"):
        parse_cron(text)


@pytest.mark.parametrize(
    ("schedule", "minutes"),
    [
        ("*/15 * * * *", 15),
        ("@daily", 24 * 60),
        ("0 6,18 * * *", 12 * 60),
        ("0 8-18 * * *", 14 * 60),
        ("0 3 * * mon-fri", 3 * 24 * 60),
        ("0 0,12 * * 7", 6 * 24 * 60 + 12 * 60),
        ("0 0 1 * *", 31 * 24 * 60),
        ("0 0 1,15 * mon", 7 * 24 * 60),
        ("0 0 29 2 *", 1461 * 24 * 60),
    ],
)
def test_the_longest_wait_between_two_runs(schedule, minutes):
    assert longest_wait_minutes(schedule) == minutes
