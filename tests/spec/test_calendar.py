"""The block `calendar` of `platform.yml`: what it accepts, what it refuses, and how it is written."""

from __future__ import annotations

import json

import jsonschema
import pytest

from platform_new.catalog import load_catalog
from platform_new.errors import Refused
from platform_new.spec.calendar import Calendar
from platform_new.spec.load import parse_platform
from platform_new.spec.models import Platform
from platform_new.spec.public_holidays import public_holidays
from platform_new.spec.schema import platform_schema
from platform_new.spec.write import platform_yaml


def calendar_of(text: str) -> Calendar:
    return parse_platform(f"name: acme\ncalendar: {text}\n").calendar


def test_by_default_the_fiscal_year_is_the_calendar_year_and_there_are_no_holidays():
    assert parse_platform("name: acme\n").calendar == calendar_of("{}") == Calendar()
    assert (Calendar().fiscal_year_start, Calendar().holidays) == (1, None)


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        (
            "{fiscal_year_start: 13}",
            ["platform.yml:2: `fiscal_year_start` has to be at most 12 (`13`)"],
        ),
        ("{fiscal_year_start: 0}", ["platform.yml:2: `fiscal_year_start` has to be at least 1 (`0`)"]),
        (
            "{fiscal_year_start: July}",
            ["platform.yml:2: `fiscal_year_start` has to be a whole number (`July`)\n    → write digits, such as `10`"],
        ),
        (
            "{fiscal_year_start: 0, holidays: XX}",
            [
                "platform.yml:2: `fiscal_year_start` has to be at least 1 (`0`)",
                "platform.yml:2: `holidays` names no country whose holidays are known (`XX`)\n"
                "    → write an ISO 3166 code, such as `DE`",
            ],
        ),
        (
            "{holidays: de}",
            ["platform.yml:2: `holidays` names no country whose holidays are known (`de`)\n    → did you mean `DE`?"],
        ),
        (
            "{holidays: GB-XX}",
            [
                "platform.yml:2: `holidays` names no subdivision of GB whose holidays are known (`GB-XX`)\n"
                "    → write `GB` or one of `GB-ENG`, `GB-NIR`, `GB-SCT`, `GB-WLS`"
            ],
        ),
        (
            "{holidays: SG-}",
            [
                "platform.yml:2: `holidays` names no subdivision of SG whose holidays are known (`SG-`)\n"
                "    → write `SG`, which has no subdivisions"
            ],
        ),
        (
            "{holidays: BV}",
            [
                "platform.yml:2: `holidays` names a place without public holidays from 1990 to 2039 (`BV`)\n"
                "    → delete it"
            ],
        ),
        (
            "{holidays: NO}",
            [
                "platform.yml:2: `holidays` has to be text, but YAML reads this as a number, true or false (`false`)\n"
                "    → put it in quotes"
            ],
        ),
        ("DE", ["platform.yml:2: `calendar` has to consist of keys and values (`DE`)\n    → write `key: value`"]),
        ("{holiday: DE}", ["platform.yml:2: unknown key (`holiday`)\n    → did you mean `holidays`?"]),
    ],
)
def test_a_mistake_is_named_with_its_line_its_value_and_a_hint(text, problems):
    with pytest.raises(Refused) as refused:
        calendar_of(text)
    assert str(refused.value) == "\n".join(problems)


@pytest.mark.parametrize("code", ["DE", "DE-BY", "US", "AU-NSW Western", "NO"])
def test_what_is_written_is_read_again(code):
    platform = Platform(name="acme", calendar=Calendar(fiscal_year_start=10, holidays=code))
    assert parse_platform(platform_yaml(platform)) == platform
    assert "calendar" not in platform_yaml(Platform(name="acme"))


def test_the_schema_for_editors_accepts_the_same_form():
    schema = platform_schema(load_catalog())

    def accepts(**calendar) -> bool:
        return jsonschema.Draft202012Validator(schema).is_valid({"name": "acme", "calendar": calendar})

    assert accepts() and accepts(fiscal_year_start=12, holidays="DE-BY")
    for wrong in ({"fiscal_year_start": 13}, {"holidays": "Germany"}, {"holidays": False}, {"holiday": "DE"}):
        assert not accepts(**wrong), json.dumps(wrong)


@pytest.mark.exhaustive
def test_the_holidays_of_every_country_are_sorted_named_and_one_a_day():
    from holidays import list_supported_countries

    empty = set()
    for code in list_supported_countries(include_aliases=False):
        found = public_holidays(code)
        days = [day for day, _ in found]
        assert days == sorted(set(days)), code
        assert all(name == name.strip() and name.isprintable() and name for _, name in found), code
        empty |= set() if found else {code}
    assert empty == {"BV", "HM", "IO"}
