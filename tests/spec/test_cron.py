"""Schedules are cron expressions."""

from __future__ import annotations

import pytest

from platform_new.spec.cron import cron_error


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
    assert cron_error(text) is None


@pytest.mark.parametrize(
    "text",
    [
        *("", "daily", "@reboot", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *"),
        *("* * * * 8", "5-1 * * * *", "*/0 * * * *", "a * * * *", "1, * * * *", "-1 * * * *", "* * * * monday"),
        *("² * * * *", "1--2 * * * *"),
    ],
)
def test_bad_schedules(text):
    assert cron_error(text)
