"""Lambda serves a stream together with the table that corrects it; kappa does without tables. Both are streaming."""

from __future__ import annotations

import random
import subprocess
from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import environment as environments
import psycopg
import pytest

from platform_new import flow
from platform_new.catalog import load_catalog
from platform_new.errors import Refused
from platform_new.plan import make_plan
from platform_new.samples import sample_source, sample_text
from platform_new.spec.consumers import Consumer
from platform_new.spec.defaults import complete
from platform_new.spec.events.models import EventSource
from platform_new.spec.load import load_spec, parse_source
from platform_new.spec.models import Platform, Source, Spec
from platform_new.spec.write import source_yaml

CATALOG = load_catalog()
LAMBDA, KAPPA = "name: acme\nprocessing: lambda\n", "name: acme\nprocessing: kappa\n"
TILL = """\
name: till
kind: postgres
tables:
  - name: sales
    role: fact
    event_time: sold_at
    load: {deletes: mark}
    key: [sale_id]
    columns:
      - {name: sale_id, type: bigint, required: true}
      - {name: sold_at, type: timestamptz, required: true}
      - {name: branch, type: text, required: true}
      - {name: total, type: "numeric(8, 2)"}
      - {name: day, type: date}
"""
LIVE = """\
name: live
kind: kafka
topics:
  - name: sales
    event_time: at
    retention: 1 day
    fields:
      - {name: at, type: timestamptz, required: true}
      - {name: branch, origin: shop, type: text, required: true}
      - {name: total, type: "numeric(8, 2)"}
streams:
  - name: takings
    topic: sales
    window: {length: 5 minutes}
    group_by: [branch]
    aggregates:
      - {name: sale_count, function: count}
      - {name: priced_count, function: count, field: total}
      - {name: total_sum, function: sum, field: total}
      - {name: total_max, function: max, field: total}
      - {name: total_avg, function: avg, field: total}
    corrected_by: till.sales
"""
CORRECTED = LIVE.count("\n", 0, LIVE.index("corrected_by")) + 1


@pytest.fixture
def load(tmp_path):
    """A function from the files of a spec to the spec, or to the report of what is wrong."""

    def load(platform: str = LAMBDA, **sources: str) -> Spec | str:
        (tmp_path / "platform.yml").write_text(platform)
        (tmp_path / "sources").mkdir(exist_ok=True)
        for name, text in sources.items():
            (tmp_path / f"sources/{name}.yml").write_text(text)
        try:
            return load_spec(tmp_path, CATALOG)
        except Refused as refusal:
            return str(refusal)

    return load


def changed(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new, 1)


@pytest.mark.parametrize(
    ("live", "till", "reason"),
    [
        (changed(LIVE, "till.sales", "till.sails"), TILL, "no source has this table"),
        (changed(LIVE, "till.sales", "live.takings"), TILL, "the stream's own table"),
        (changed(LIVE, "{length: 5 minutes}", "{length: 5 minutes, slide: 1 minute}"), TILL, "windows overlap"),
        (LIVE, changed(TILL, "    event_time: sold_at\n", ""), "the table has no event time"),
        (LIVE, changed(TILL, "event_time: sold_at", "event_time: day"), "is of type date, not a timestamp"),
        (LIVE, TILL.replace("sold_at", "window_start"), "same name as a column of the windows"),
        (LIVE, changed(TILL, "name: branch,", "name: shop,"), "no column `branch`, which the stream needs"),
        (LIVE, changed(TILL, "name: branch, type: text", "name: branch, type: integer"), "of type integer in"),
        (LIVE, changed(TILL, "branch, type: text, required: true", "branch, type: text"), "would have no group"),
        (changed(LIVE, "name: total_avg", "name: served_from"), TILL, "have a column `served_from` of their own"),
    ],
)
def test_a_correction_that_cannot_work_is_refused_with_its_line(load, live, till, reason):
    report = load(live=live, till=till)

    assert isinstance(report, str), "it was accepted"
    assert f"sources/live.yml:{CORRECTED}:" in report
    assert reason in report
    assert report.count("→") == report.count("sources/") == 1


def test_events_have_nothing_to_correct(load):
    figures = LIVE.index("    window:"), LIVE.index("    corrected_by")
    report = load(live=LIVE[: figures[0]] + LIVE[figures[1] :], till=TILL)

    assert "only windowed aggregates can be corrected" in report


def test_a_correction_needs_a_platform_that_serves_it(load):
    assert isinstance(load(live=LIVE, till=TILL), Spec)
    report = load("name: acme\nprocessing: streaming\n", live=LIVE, till=TILL)

    assert f"sources/live.yml:{CORRECTED}:" in report
    assert "write `processing: lambda` in `platform.yml`, or delete this line" in report


def test_what_is_written_of_a_correction_is_read_back():
    source = parse_source(LIVE, "live.yml")

    assert source.streams[0].corrected_by == "till.sales"
    assert parse_source(source_yaml(source), "live.yml") == source


def test_kappa_names_each_source_of_tables_that_it_cannot_take(load):
    live = changed(LIVE, "    corrected_by: till.sales\n", "")
    report = load(KAPPA, live=live, till=TILL, other=TILL.replace("till", "other").replace("sales", "rents"))

    for name in ("other", "till"):
        assert f"platform.yml:2: the source `{name}` has tables" in report
    assert "write `processing: streaming`, or delete the source" in report


@pytest.mark.parametrize("processing", ["lambda", "kappa"])
def test_what_streaming_has_they_have_from_the_same_templates(processing):
    choices = CATALOG.axes["processing"].choices
    streaming, other = choices["streaming"], choices[processing]

    assert set(streaming.files) <= set(other.files)
    own = {"samples", "served_from", "no_tables"}
    assert other.sheet.model_dump(exclude=own) == streaming.sheet.model_dump(exclude=own)


@pytest.mark.parametrize(
    ("samples", "processing"),
    [
        (["shop"], "batch"),
        (["shop", "web"], "streaming"),
        (["sensors"], "streaming"),
        (["shop", "checkout"], "lambda"),
    ],
)
def test_without_a_choice_the_processing_follows_from_the_sources(samples, processing):
    assert complete(Platform(name="acme"), CATALOG, map(sample_source, samples)).processing == processing


@pytest.mark.parametrize("processing", ["lambda", "kappa"])
def test_the_samples_are_valid_on_the_platform_that_they_show(load, processing):
    samples = CATALOG.choice("processing", processing).sheet.samples

    assert isinstance(load(f"name: acme\nprocessing: {processing}\n", **{n: sample_text(n) for n in samples}), Spec)


@pytest.mark.parametrize("modeling", list(CATALOG.axes["modeling"].choices))
def test_what_is_served_has_a_contract_and_its_consumers_an_exposure(modeling):
    reads = Consumer(name="rates", reads=("checkout.order_rate",))
    platform = Platform(name="acme", processing="lambda", modeling=modeling, consumers=(reads,))
    plan = make_plan(
        Spec(platform=platform, sources=(sample_source("shop"),), event_sources=(sample_source("checkout"),)), CATALOG
    )
    (served,) = plan.collections["served"]

    assert served in plan.marts and served.columns[-1].name == "served_from"
    assert plan.explain("contracts/outbound/served_order_rate.odcs.yaml")
    assert "processing lambda" in plan.explain("transform/models/marts/served_order_rate.sql").because
    assert any("served_order_rate" in exposure.marts for exposure in plan.exposures)


BEGIN = datetime(2026, 1, 5, 9)
WINDOW = timedelta(minutes=5)
BRANCHES = ("north", "south")


def day_at_the_till() -> tuple[list[tuple], list[tuple]]:
    """Sales of two hours, of which some are gone at the source; and the windows that a stream made of three hours."""
    chance = random.Random(5)
    sales = []
    for number in range(400):
        total = None if number % 40 == 0 else Decimal(chance.randrange(100, 5000)) / 100
        sales.append((number, BEGIN + timedelta(seconds=chance.randrange(7200)), chance.choice(BRANCHES), total))
    windows = [
        (BEGIN + number * WINDOW, branch, chance.randrange(50, 60), 50, Decimal(number), Decimal(number), float(number))
        for number in range(36)
        for branch in BRANCHES
        # The stream has missed some windows altogether.
        if number % 7
    ]
    return sales, windows


def statements(sales: list[tuple], windows: list[tuple]) -> list[str]:
    """The landed tables, in SQL that every warehouse takes."""

    def rows(values: list[tuple]) -> str:
        return ", ".join(f"({', '.join(map(literal, row))})" for row in values)

    def literal(value: object) -> str:
        if isinstance(value, datetime):
            return f"'{value}+00'"
        return "null" if value is None else f"'{value}'" if isinstance(value, str) else str(value)

    kept = [(number,) for number, *_ in sales if number % 9]
    full = [(start, start + WINDOW, *rest, 0) for start, *rest in windows]
    figures = (
        "sale_count bigint, priced_count bigint, total_sum numeric(38, 2), total_max numeric(8, 2), total_avg float"
    )
    return [
        "create schema raw_till",
        "create schema raw_live",
        "create table raw_till.sales (sale_id bigint, sold_at timestamptz, branch text, total numeric(8, 2), day date)",
        f"insert into raw_till.sales (sale_id, sold_at, branch, total) values {rows(sales)}",
        "create table raw_till.sales__keys (sale_id bigint)",
        f"insert into raw_till.sales__keys values {rows(kept)}",
        "create table raw_live.takings (window_start timestamptz, window_end timestamptz, branch text, "
        f"{figures}, last_batch bigint)",
        f"insert into raw_live.takings values {rows(full)}",
    ]


def expected(sales: list[tuple], windows: list[tuple]) -> set[tuple]:
    """Every window before that of the newest sale as the sales say, the others as the stream does."""
    groups: dict[tuple, list[Decimal | None]] = defaultdict(list)
    for number, time, branch, total in sales:
        if number % 9:
            groups[BEGIN + (time - BEGIN) // WINDOW * WINDOW, branch].append(total)
    newest = max(start for start, _ in groups)
    served = set()
    for (start, branch), totals in groups.items():
        priced = [total for total in totals if total is not None]
        figures = (sum(priced), max(priced), round(float(sum(priced)) / len(priced), 6))
        if start < newest:
            served.add((start, start + WINDOW, branch, len(totals), len(priced), *figures, "batch"))
    return served | {(start, start + WINDOW, *rest, "stream") for start, *rest in windows if start >= newest}


@pytest.mark.proof
@pytest.mark.parametrize("warehouse", [pytest.param("duckdb", marks=pytest.mark.exhaustive), "postgres"])
def test_the_table_serves_what_it_has_whole_and_the_stream_the_rest(warehouse, environment, request, tmp_path):
    spec = Spec(
        platform=Platform(name="acme", processing="lambda", warehouse=warehouse, orchestrator="none"),
        sources=(parse_source(TILL, "till.yml"),),
        event_sources=(parse_source(LIVE, "live.yml"),),
    )
    flow.create(tmp_path / "acme", spec, git=False)
    (tmp_path / "acme/data").mkdir()
    sales, windows = day_at_the_till()
    connection, target, variables = a_warehouse(warehouse, tmp_path, request)
    with connection() as opened:
        for statement in statements(sales, windows):
            opened.execute(statement)
    for command in (["run", "--select", "+served_takings"], ["test", "--select", "served_takings"]):
        done = dbt(environment, tmp_path / "acme", *command, "--target", target, **variables)
        assert done.returncode == 0, done.stdout
    assert "Done. PASS=6" in done.stdout, "five data tests, and the example as a unit test"

    with connection() as opened:
        columns = (
            "window_start, window_end, branch, sale_count, priced_count, total_sum, total_max, total_avg, served_from"
        )
        found = opened.execute(f"select {columns} from marts.served_takings").fetchall()
    assert {(*row[:7], round(row[7], 6), row[8]) for row in found} == expected(sales, windows)
    assert len(found) == len(expected(sales, windows)) > 60


def a_warehouse(warehouse: str, folder: Path, request):
    """How to connect to it, dbt's target, and the variables that name it."""
    if warehouse == "duckdb":
        return lambda: duckdb.connect(str(folder / "acme/data/local.duckdb")), "local", {}
    url = request.getfixturevalue("postgres_url")
    with psycopg.connect(f"{url}/postgres", autocommit=True) as server:
        server.execute("drop database if exists takings")
        server.execute("create database takings")
    user, _, place = url.removeprefix("postgresql://").partition("@")
    host, _, port = place.partition(":")
    values = {"HOST": host, "PORT": port, "DATABASE": "takings", "USER": user, "PASSWORD": "not asked for"}
    variables = {f"WAREHOUSE_{name}": value for name, value in values.items()}
    return lambda: psycopg.connect(f"{url}/takings"), "prod", variables


def dbt(environment: Path, folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run dbt on the project of a generated repository."""
    options = ["--project-dir", "transform", "--profiles-dir", "transform", "--no-use-colors"]
    env = environments.clean({"PLATFORM_ROOT": str(folder), "DO_NOT_TRACK": "1", **variables})
    command = [environment / "bin/dbt", *arguments, *options]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


LINTERS = (
    "ruff check --no-cache .",
    "ruff check --no-cache --preview --select AIR .",
    "ruff format --no-cache --check .",
    "sqlfluff lint --disable-progress-bar transform/models/marts",
    "yamllint --strict .",
    "pytest -q orchestrate/tests",
)


@pytest.mark.proof
@pytest.mark.parametrize("processing", [pytest.param("lambda", marks=pytest.mark.exhaustive), "kappa"])
def test_the_linters_of_its_trade_find_nothing_and_its_dags_follow_one_another(processing, environment, tmp_path):
    samples = [sample_source(name) for name in CATALOG.choice("processing", processing).sheet.samples]
    spec = Spec(
        platform=Platform(name="acme", processing=processing, orchestrator="airflow"),
        sources=tuple(each for each in samples if isinstance(each, Source)),
        event_sources=tuple(each for each in samples if isinstance(each, EventSource)),
    )
    flow.create(tmp_path / "acme", spec, git=False)
    for linter in LINTERS:
        program, *arguments = linter.split()
        done = subprocess.run(
            [environment / "bin" / program, *arguments],
            cwd=tmp_path / "acme",
            env=environments.clean(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{linter}: {done.stdout}{done.stderr}"
