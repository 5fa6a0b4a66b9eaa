"""Properties of the plan of any valid spec."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from effort import planned
from hypothesis import given
from strategies import specs

from platform_new.catalog import load_catalog
from platform_new.plan import make_plan
from platform_new.plan.renamed import MODELS
from platform_new.spec.models import Spec
from platform_new.spec.names import LONGEST_NAME

CATALOG = load_catalog()
IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]*")


@planned
@given(specs())
def test_a_plan_is_the_same_each_time(spec):
    again = Spec.model_validate(spec.model_dump(by_alias=True))
    assert make_plan(spec, CATALOG) == make_plan(again, CATALOG)


@planned
@given(specs())
def test_the_order_of_sources_and_tables_changes_no_file_and_no_mart(spec):
    sources = [each.model_copy(update={"tables": tuple(reversed(each.tables))}) for each in reversed(spec.sources)]
    events = [
        each.model_copy(update={"topics": tuple(reversed(each.topics)), "streams": tuple(reversed(each.streams))})
        for each in reversed(spec.event_sources)
    ]
    other_way = Spec(platform=spec.platform, sources=tuple(sources), event_sources=tuple(events))
    plan, other = make_plan(spec, CATALOG), make_plan(other_way, CATALOG)
    assert plan.files == other.files
    assert {mart.name: mart for mart in plan.marts} == {mart.name: mart for mart in other.marts}


@planned
@given(specs())
def test_every_file_has_a_distinct_path_inside_the_repository_and_a_reason(spec):
    plan = make_plan(spec, CATALOG)
    files = plan.files
    paths = [file.path for file in files]
    assert len({path.lower() for path in paths}) == len(paths)
    assert paths == sorted(paths)
    for file in files:
        path = PurePosixPath(file.path)
        assert not path.is_absolute() and ".." not in path.parts and "\\" not in file.path and "{" not in file.path
        assert all(part.strip() == part and len(part) < 256 for part in path.parts)
        assert file.because
        assert plan.explain(file.path) is file


@planned
@given(specs())
def test_names_in_models_are_distinct_and_fit_every_warehouse(spec):
    plan = make_plan(spec, CATALOG)
    models = [model.model for model in plan.tables] + [mart.name for mart in plan.marts]
    assert len(set(models)) == len(models)
    for columns in [*(table.columns for table in plan.tables), *(mart.columns for mart in plan.marts)]:
        names = [column.name for column in columns]
        assert len(set(names)) == len(names)
        assert all(IDENTIFIER.fullmatch(name) and len(name) <= LONGEST_NAME for name in [*names, *models])


@planned
@given(specs())
def test_every_table_and_column_is_staged_or_excluded_with_a_reason(spec):
    plan = make_plan(spec, CATALOG)
    staged = {(table.source, table.origin): {column.origin for column in table.columns} for table in plan.tables}
    left_out = {(source.name, origin) for source in plan.sources for origin, reason in source.left_out if reason}
    for source in spec.sources:
        for table in source.tables:
            place = (source.name, table.source_name)
            assert place in staged or place in left_out
            for column in table.columns if place in staged else ():
                gone = (source.name, f"{table.source_name}.{column.source_name}") in left_out
                assert (column.source_name in staged[place]) != gone


@planned
@given(specs())
def test_no_model_reads_itself_through_others(spec):
    refs = {mart.name: set(mart.refs) for mart in make_plan(spec, CATALOG).marts}
    ready: set[str] = set()
    while waiting := {name for name, read in refs.items() if name not in ready}:
        free = {name for name in waiting if not refs[name] & waiting}
        assert free, waiting
        ready |= free


@planned
@given(specs())
def test_the_models_that_marts_and_exposures_name_are_planned(spec):
    plan = make_plan(spec, CATALOG)
    marts = {mart.name: {column.name for column in mart.columns} for mart in plan.marts}
    named = {**MODELS, "snapshot": "name", "holidays": "name"}
    known = {getattr(each, name) for kind, name in named.items() for each in plan.collections.get(kind, ())}
    for mart in plan.marts:
        assert set(mart.refs) <= known and set(mart.key) <= marts[mart.name]
        for column in mart.columns:
            if column.refers_to:
                model, key = column.refers_to
                assert key in marts[model]
    for exposure in plan.exposures:
        assert exposure.marts and set(exposure.marts) <= marts.keys()


@planned
@given(specs())
def test_every_stream_has_a_job_that_finds_its_topic_and_a_staged_table(spec):
    plan = make_plan(spec, CATALOG)
    paths = {file.path for file in plan.files}
    staged = {(table.source, table.table): table.origin for table in plan.tables}
    for source in spec.event_sources:
        (events,) = (each for each in plan.events if each.name == source.name)
        assert {f"stream/topics/{topic.module}.py" for topic in events.topics} <= paths
        assert {f"stream/jobs/{stream.module}.py" for stream in events.streams} <= paths
        assert [stream.topic.name for stream in events.streams] == [stream.topic for stream in source.streams]
        assert all(staged[source.name, stream.name] == stream.source_name for stream in source.streams)
