"""Build and test the marts from what was loaded.

The sources have schedules of their own, so this runs after each load of any of them. Staging,
snapshots and marts are built and tested in one `dbt build`: what depends on a model whose test
fails is not built.

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
        # Once, for a warehouse that was away: a test that fails will fail again.
        retries=1,
        outlets=[MARTS],
    )
    # Beside the build, not before it: one late source must not keep the others out of the marts.
    BashOperator(
        task_id="freshness",
        bash_command=dbt("source freshness"),
        cwd=str(ROOT),
    )
