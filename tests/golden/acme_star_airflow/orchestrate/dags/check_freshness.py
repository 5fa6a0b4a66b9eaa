"""Check when each source was last loaded, and fail if that is too long ago.

On a schedule of its own, because a load that never starts cannot fail.

Fails: docs/runbooks/source-late.md.
"""

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, CronTriggerTimetable

from pipeline.policies import DEFAULT_ARGS
from pipeline.tasks import ROOT, dbt

with DAG(
    dag_id="check_freshness",
    description="Check the age of the loaded data",
    doc_md=__doc__,
    schedule=CronTriggerTimetable("0 6 * * *", timezone="UTC"),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULT_ARGS,
    tags=["dbt", "freshness"],
):
    BashOperator(
        task_id="freshness",
        bash_command=dbt("source freshness --target-path target/freshness"),
        cwd=str(ROOT),
    )
