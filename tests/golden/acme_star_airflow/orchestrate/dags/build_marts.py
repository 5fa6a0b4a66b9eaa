"""Build and test the marts from the loaded data.

The sources share a schedule, so this runs once all of them are loaded. Staging, snapshots and marts
are built and tested in one `dbt build`: models downstream of a failed test are not built.

Stale: docs/runbooks/stale-mart.md. Slow: docs/runbooks/slow-model.md.
"""

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

from pipeline.assets import LOADED, MARTS
from pipeline.policies import DEFAULT_ARGS
from pipeline.tasks import ROOT, dbt

with DAG(
    dag_id="build_marts",
    description="Build and test the marts",
    doc_md=__doc__,
    schedule=LOADED,
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULT_ARGS,
    tags=["dbt", "marts"],
):
    BashOperator(
        task_id="build",
        bash_command=dbt("build"),
        cwd=str(ROOT),
        # One retry, in case the warehouse was unavailable: a failed test would fail again.
        retries=1,
        outlets=[MARTS],
    )
