"""Load the source `shop` into the schema `raw_shop`.

A scheduled run loads what changed since the last load, whenever it starts, so a late, skipped or
repeated run neither loses nor duplicates rows. A backfill reloads its windows:

    airflow backfill create --dag-id load_shop --from-date 2026-01-01 --to-date 2026-01-31

Late: docs/runbooks/source-late.md. Changed columns: docs/runbooks/schema-drift.md.
"""

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, CronDataIntervalTimetable

from pipeline.assets import RAW_SHOP
from pipeline.policies import DEFAULT_ARGS
from pipeline.tasks import ROOT, ingest

with DAG(
    dag_id="load_shop",
    description="Load the source shop",
    doc_md=__doc__,
    schedule=CronDataIntervalTimetable("0 3 * * *", timezone="UTC"),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULT_ARGS,
    tags=["ingest", "postgres"],
):
    BashOperator(
        task_id="ingest",
        bash_command=ingest("shop"),
        cwd=str(ROOT),
        outlets=[RAW_SHOP],
    )
