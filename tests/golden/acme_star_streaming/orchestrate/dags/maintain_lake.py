"""Keep the tables of the lake small and fast to read.

Merges partial aggregates, compacts small files into large files, and removes files that no table
needs. Streams can run at the same time. A missed run needs no action: the next run catches up.

The disk is full: docs/runbooks/disk-full.md.
"""

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, CronTriggerTimetable

from pipeline.policies import STREAM_ARGS
from pipeline.tasks import ROOT

with DAG(
    dag_id="maintain_lake",
    description="Compact the tables of the lake",
    doc_md=__doc__,
    schedule=CronTriggerTimetable("30 3 * * 0", timezone="UTC"),
    catchup=False,
    max_active_runs=1,
    default_args=STREAM_ARGS,
    tags=["stream"],
):
    BashOperator(
        task_id="maintain",
        bash_command=".venv-stream/bin/python -m stream.maintain",
        cwd=str(ROOT),
    )
