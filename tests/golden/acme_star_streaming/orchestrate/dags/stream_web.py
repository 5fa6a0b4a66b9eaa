"""Update the tables of `web` in the lake from its topics.

Each run processes the available messages and ends; `load_web` follows once every table is up to
date. A missed run needs no action: the next run continues where the last run stopped. So there is
no backfill here; to rebuild tables from the topics, run `make replay`.

Fails because of its checkpoint: docs/runbooks/checkpoint-lost.md.
"""

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, CronTriggerTimetable

from pipeline import lake_web
from pipeline.policies import STREAM_ARGS
from pipeline.tasks import ROOT

with DAG(
    dag_id="stream_web",
    description="Update the lake from the topics of web",
    doc_md=__doc__,
    schedule=CronTriggerTimetable("*/15 * * * *", timezone="UTC"),
    catchup=False,
    max_active_runs=1,
    default_args=STREAM_ARGS,
    tags=["stream", "kafka"],
):
    BashOperator(
        task_id="page_views",
        bash_command=".venv-stream/bin/python -m stream web.page_views",
        cwd=str(ROOT),
        outlets=[lake_web.TABLES["page_views"]],
    )
    BashOperator(
        task_id="page_traffic",
        bash_command=".venv-stream/bin/python -m stream web.page_traffic",
        cwd=str(ROOT),
        outlets=[lake_web.TABLES["page_traffic"]],
    )
    # Named with a dash, which no stream's name has.
    BashOperator(
        task_id="write-lookups",
        bash_command=".venv/bin/python -m stream.lookups web",
        cwd=str(ROOT),
    ) >> [
        BashOperator(
            task_id="segment_traffic",
            bash_command=".venv-stream/bin/python -m stream web.segment_traffic",
            cwd=str(ROOT),
            outlets=[lake_web.TABLES["segment_traffic"]],
        ),
    ]
