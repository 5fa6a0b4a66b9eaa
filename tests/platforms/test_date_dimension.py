"""`dim_date` has every day of its range once, and says of each what Python's calendar says."""

from __future__ import annotations

import calendar
import csv
import subprocess
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import environment as environments
import psycopg
import pytest
import source_data
import yaml
from dbt_jinja import Project
from made import warehouse_variables

from platform_new import flow
from platform_new.samples import sample_source
from platform_new.spec.calendar import Calendar
from platform_new.spec.models import Platform, Spec

START, END = date(1990, 1, 1), date(2040, 1, 1)
NAMES = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
MONTHS = "January February March April May June July August September October November December".split()
LABELS = {"year_quarter", "month_name", "month_short_name", "year_month", "day_name"}
MODEL = "transform/models/marts/dim_date.sql"
SEED = "transform/seeds/holidays.csv"


def described(day: date, fiscal_year_start: int) -> dict[str, Any]:
    """A day as Python's calendar describes it."""
    iso, quarter = day.isocalendar(), (day.month + 2) // 3
    fiscal_month = (day.month - fiscal_year_start) % 12 + 1
    # The fiscal year ends on the last day before the month in which the next one starts.
    end = date(day.year + (day.month >= fiscal_year_start), fiscal_year_start, 1) - timedelta(days=1)
    return {
        "date_key": int(f"{day:%Y%m%d}"),
        "date_day": day,
        "year_number": day.year,
        "quarter_number": quarter,
        "year_quarter": f"{day.year}-Q{quarter}",
        "quarter_start_date": date(day.year, 3 * quarter - 2, 1),
        "month_number": day.month,
        "month_name": MONTHS[day.month - 1],
        "month_short_name": MONTHS[day.month - 1][:3],
        "year_month": day.isoformat()[:7],
        "month_start_date": day.replace(day=1),
        "iso_year": iso.year,
        "iso_week": iso.week,
        "week_start_date": day - timedelta(days=day.weekday()),
        "day_of_year": day.timetuple().tm_yday,
        "day_of_month": day.day,
        "day_of_week": iso.weekday,
        "day_name": NAMES[day.weekday()],
        "fiscal_year": end.year,
        "fiscal_quarter": (fiscal_month + 2) // 3,
        "fiscal_month": fiscal_month,
        "is_weekend": day.weekday() >= 5,
        "is_last_day_of_month": day.day == calendar.monthrange(day.year, day.month)[1],
    }


def days_of(start: date, end: date, fiscal_year_start: int = 1) -> Iterator[dict[str, Any]]:
    """Every day from `start` to the day before `end`, then the unknown member."""
    for number in range((end - start).days):
        yield described(start + timedelta(days=number), fiscal_year_start)
    yield {name: "Unknown" if name in LABELS else None for name in described(start, 1)} | {"date_key": -1}


def with_holidays(days: Iterator[dict[str, Any]], seed: dict[date, str]) -> Iterator[dict[str, Any]]:
    """The same days with the holidays of a seed; nothing is known of years that the seed does not reach."""
    years = range(min(seed).year, max(seed).year + 1)
    for day in days:
        known = day["date_day"] is not None and day["date_day"].year in years
        is_holiday = day["date_day"] in seed if known else None
        yield day | {"is_holiday": is_holiday, "holiday_name": seed.get(day["date_day"])}


def generated(folder: Path, **settings: Any) -> Path:
    """A star of the sample shop, with these settings of its calendar."""
    platform = Platform(
        name="acme", warehouse="postgres", orchestrator="none", ci="none", calendar=Calendar(**settings)
    )
    flow.create(folder / "acme", Spec(platform=platform, sources=(sample_source("shop"),)), git=False)
    return folder / "acme"


def computed(folder: Path, start: date, end: date) -> list[dict[str, Any]]:
    """The rows of `dim_date` for a range, without dbt: its SQL on DuckDB."""
    texts = {path.relative_to(folder).as_posix(): path.read_text() for path in folder.glob("transform/macros/*.sql")}
    project = Project(texts, variables={"calendar_start": str(start), "calendar_end": str(end)})
    with duckdb.connect() as connection:
        if (folder / SEED).exists():
            connection.execute(f"create table holidays as from read_csv('{folder / SEED}', header = true)")
        return rows(connection.execute(project.rendered((folder / MODEL).read_text()) + " order by date_day"))


def rows(cursor: Any) -> list[dict[str, Any]]:
    """The rows of a query by column."""
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def seed_of(folder: Path) -> dict[date, str]:
    """The holidays in the seed by date."""
    with (folder / SEED).open(encoding="utf-8", newline="") as file:
        found = [(date.fromisoformat(row["date"]), row["name"]) for row in csv.DictReader(file)]
    assert len(found) == len(dict(found))
    return dict(found)


@pytest.mark.parametrize(
    "month", [1, 7, *(pytest.param(month, marks=pytest.mark.exhaustive) for month in (2, 3, 4, 5, 6, 8, 9, 10, 11, 12))]
)
def test_every_day_is_what_the_calendar_says(month, tmp_path):
    folder = generated(tmp_path, fiscal_year_start=month)
    assert computed(folder, START, END) == list(days_of(START, END, month))


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2024-02-28", "2024-03-02"),
        ("2023-02-28", "2023-03-02"),
        ("2024-12-31", "2025-01-02"),
        ("2026-05-05", "2026-05-06"),
        ("1899-12-31", "2001-01-01"),
        ("2026-05-05", "2026-05-05"),
    ],
)
def test_the_range_may_be_any(start, end, tmp_path):
    start, end = date.fromisoformat(start), date.fromisoformat(end)
    assert computed(generated(tmp_path), start, end) == list(days_of(start, end))


def test_a_day_is_a_holiday_if_the_seed_has_it(tmp_path):
    folder = generated(tmp_path, holidays="DE")
    seed = seed_of(folder)
    assert seed[date(2026, 10, 3)] == "German Unity Day"
    assert (min(seed).year, max(seed).year) == (1991, 2039)
    found = computed(folder, START, date(2041, 1, 1))
    assert found == list(with_holidays(days_of(START, date(2041, 1, 1)), seed))
    assert sum(day["is_holiday"] is True for day in found) == len(seed) > 400


@pytest.mark.parametrize("code", ["DE", "US-CA", "NO", "IN"])
def test_the_seed_has_the_range_of_the_calendar(code, tmp_path):
    folder = generated(tmp_path, holidays=code)
    variables = yaml.safe_load((folder / "transform/dbt_project.yml").read_text())["vars"]
    assert (variables["calendar_start"], variables["calendar_end"]) == (str(START), str(END))
    [seed] = yaml.safe_load((folder / "transform/seeds/holidays.yml").read_text())["seeds"]
    days = list(seed_of(folder))
    assert days == sorted(days) and days[0] >= START and days[-1] < END
    assert f"The public holidays of {code} from {days[0]} to {days[-1]}," in seed["description"]


def test_without_a_country_nothing_mentions_holidays(tmp_path):
    folder = generated(tmp_path, fiscal_year_start=7)
    assert not (folder / "transform/seeds").exists()
    mart = "transform/models/marts/dim_date.yml", "contracts/outbound/dim_date.odcs.yaml", "transform/dbt_project.yml"
    assert "holiday" not in "".join((folder / path).read_text() for path in (MODEL, *mart))


@pytest.fixture(scope="module")
def repository(tmp_path_factory) -> Path:
    """A star whose fiscal year starts in July, with the holidays of Bavaria."""
    return generated(tmp_path_factory.mktemp("calendar"), fiscal_year_start=7, holidays="DE-BY")


def dbt(environment: Path, folder: Path, *arguments: str, **variables: str) -> str:
    """Run dbt on the project of a generated repository; returns its output."""
    options = ["--project-dir", "transform", "--profiles-dir", "transform", "--no-use-colors"]
    env = environments.clean({"PLATFORM_ROOT": str(folder), "DO_NOT_TRACK": "1", **variables})
    command = [environment / "bin/dbt", *arguments, *options]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_a_star_compiles_without_a_connection(repository, environment):
    """For production, whose server does not exist: neither the calendar nor a snapshot asks the warehouse."""
    nowhere = {"WAREHOUSE_HOST": "127.0.0.1", "WAREHOUSE_PORT": "1", "WAREHOUSE_DATABASE": "none"}
    arguments = ("compile", "--no-introspect", "--no-populate-cache", "--target", "prod")
    dbt(environment, repository, *arguments, **nowhere)
    compiled = repository / "transform/target/compiled/acme/models/marts"
    assert "cross join" in (compiled / "dim_date.sql").read_text()


def read_duckdb(folder: Path, request) -> tuple[dict[str, str], Callable[[str], list[dict[str, Any]]]]:
    """The variables for dbt, and a function that reads the local warehouse."""
    (folder / "data").mkdir(exist_ok=True)

    def read(sql: str) -> list[dict[str, Any]]:
        with duckdb.connect(str(folder / "data/local.duckdb"), read_only=True) as connection:
            return rows(connection.execute(sql))

    return {"DBT_TARGET": "local"}, read


def read_postgres(folder: Path, request) -> tuple[dict[str, str], Callable[[str], list[dict[str, Any]]]]:
    """The same for a PostgreSQL database as the production warehouse."""
    url = source_data.create(request.getfixturevalue("postgres_url"), source_data.fresh_name("calendar"))

    def read(sql: str) -> list[dict[str, Any]]:
        with psycopg.connect(url) as connection:
            return rows(connection.execute(sql))

    return {"DBT_TARGET": "prod", **warehouse_variables(url)}, read


@pytest.mark.exhaustive
@pytest.mark.parametrize("warehouse", [read_duckdb, read_postgres])
def test_dbt_builds_the_same_days_and_their_tests_pass(warehouse, repository, environment, request):
    variables, read = warehouse(repository, request)
    target = variables.pop("DBT_TARGET")
    selected = ("--select", "holidays", "dim_date", "--indirect-selection", "cautious", "--target", target)
    said = dbt(environment, repository, "build", *selected, **variables)
    assert "at_the_turn_of_the_year" in said and "unique_holidays_date" in said
    found = read("select * from marts.dim_date order by date_day nulls last")
    assert found == list(with_holidays(days_of(START, END, 7), seed_of(repository)))
