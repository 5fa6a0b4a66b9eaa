"""Load the source `web` into the schema `raw_web`.

It follows `stream_web`. A run loads what changed since the last load, whenever it starts, so a
late, skipped or repeated run neither loses nor duplicates rows.

Late: docs/runbooks/source-late.md. Changed columns: docs/runbooks/schema-drift.md.
"""

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

from pipeline import lake_web
from pipeline.assets import RAW_WEB
from pipeline.policies import DEFAULT_ARGS
from pipeline.tasks import ROOT, ingest

with DAG(
    dag_id="load_web",
    description="Load the source web",
    doc_md=__doc__,
    schedule=list(lake_web.TABLES.values()),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULT_ARGS,
    tags=["ingest", "kafka"],
):
    BashOperator(
        task_id="ingest",
        bash_command=ingest("web"),
        cwd=str(ROOT),
        outlets=[RAW_WEB],
    )
