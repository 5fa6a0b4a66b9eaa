"""Every DAG loads and follows the policies of this repository."""

import warnings
from pathlib import Path

import pytest

DAGS = Path(__file__).parents[1] / "dags"
FILES = sorted(DAGS.glob("*.py"))


@pytest.fixture(scope="session")
def bag():
    """All DAGs, loaded as Airflow loads them; deprecation warnings are errors."""
    from airflow.dag_processing.dagbag import DagBag

    with warnings.catch_warnings():
        modules = r"(load|build|stream|maintain)_.*"
        warnings.filterwarnings("error", category=DeprecationWarning, module=modules)
        return DagBag(DAGS)


def test_there_are_dags_and_all_load(bag):
    assert bag.import_errors == {}
    assert len(bag.dags) == len(FILES) > 0


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
class TestPolicies:
    def test_the_file_has_the_name_of_its_dag(self, bag, file):
        assert Path(bag.dags[file.stem].fileloc).name == file.name

    def test_says_what_it_is_for(self, bag, file):
        dag = bag.dags[file.stem]
        assert dag.doc_md and dag.description and dag.tags

    def test_runs_once_at_a_time_and_does_not_catch_up(self, bag, file):
        dag = bag.dags[file.stem]
        assert dag.max_active_runs == 1
        assert not dag.catchup

    def test_every_task_has_an_owner_retries_a_time_limit_a_pool_and_an_alert(self, bag, file):
        for task in bag.dags[file.stem].tasks:
            assert task.owner != "airflow"
            assert task.retries >= 1
            assert task.retry_exponential_backoff
            assert task.execution_timeout
            assert task.pool != "default_pool"
            assert task.on_failure_callback


def test_what_a_dag_updates_is_awaited_by_the_next(bag):
    from pipeline.assets import MARTS

    awaited = {uri for dag in bag.dags.values() for uri in awaited_by(dag)}
    written = {each.uri for dag in bag.dags.values() for task in dag.tasks for each in task.outlets}
    assert written - awaited == {MARTS.uri}
    assert awaited <= written


def awaited_by(dag):
    """The URIs of the assets whose updates start the DAG."""
    condition = dag.timetable.asset_condition
    return {asset.uri for asset in condition.objects} if condition else set()


def test_the_marts_wait_for_every_source(bag):
    from pipeline.assets import LOADED

    loads = [dag for dag in bag.dags.values() if dag.dag_id.startswith("load_")]
    written = {asset.uri for dag in loads for task in dag.tasks for asset in task.outlets}
    assert {asset.uri for asset in LOADED.objects} == written
