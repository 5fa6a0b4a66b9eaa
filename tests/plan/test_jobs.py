"""The jobs of any plan are complete and consistent, so that an orchestrator has nothing to derive."""

from __future__ import annotations

from collections import Counter

import strategies
from effort import planned
from hypothesis import given

from platform_new.catalog import load_catalog
from platform_new.catalog.entities import ENTITIES
from platform_new.plan import make_plan
from platform_new.plan.jobs import MARTS
from platform_new.plan.serving import SERVED
from platform_new.spec.cron import parse_cron

CATALOG = load_catalog()


@planned
@given(strategies.specs())
def test_every_asset_that_a_job_waits_for_is_updated_by_one_other_job(spec):
    plan = make_plan(spec, CATALOG)
    updated = Counter(asset for job in plan.jobs for asset in job.updates)
    awaited = {asset for job in plan.jobs for asset in job.after}
    assert set(updated.values()) <= {1}
    assert awaited <= updated.keys()
    assert not any(set(job.after) & set(job.updates) for job in plan.jobs)
    # Loads wait for the lake; no job waits for the marts, which are for people.
    assert updated.keys() - awaited == {MARTS}


@planned
@given(strategies.specs())
def test_every_job_has_a_distinct_name_and_one_way_to_start(spec):
    plan = make_plan(spec, CATALOG)
    assert len({job.name for job in plan.jobs}) == len(plan.jobs)
    for job in plan.jobs:
        assert (job.schedule is None) == bool(job.after) or (job.kind == "build" and not plan.sources)
        assert job.schedule is None or parse_cron(job.schedule)
        assert not (job.interval and job.after)


@planned
@given(strategies.specs())
def test_the_tasks_of_a_job_follow_only_those_before_them(spec):
    for job in make_plan(spec, CATALOG).jobs:
        for number, task in enumerate(job.tasks):
            assert set(task.after) <= {other.name for other in job.tasks[:number]}


@planned
@given(strategies.specs())
def test_every_source_is_loaded_and_every_stream_that_ends_is_run_on_a_schedule(spec):
    plan = make_plan(spec, CATALOG)
    assert {job.source for job in plan.jobs if job.kind == "load"} == {source.name for source in plan.sources}
    queries = {
        task.arguments for job in plan.jobs if job.kind == "stream" for task in job.tasks if task.tool == "spark"
    }
    ending = {f"stream {each.query}" for events in plan.events for each in events.streams if each.ends}
    assert queries == ending


@planned
@given(strategies.specs())
def test_a_plan_has_the_collections_that_templates_may_be_repeated_for(spec):
    plan = make_plan(spec, CATALOG)
    of_the_style = {entity for choice in plan.chosen for entity in choice.sheet.entities}
    assert plan.collections.keys() == ENTITIES.keys() | of_the_style
    derived = [mart.kind for mart in (*plan.marts, *plan.internal) if mart.kind != SERVED]
    assert set(derived) <= of_the_style
