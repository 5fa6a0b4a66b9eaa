"""Bring the tables of `web` in the lake up to date with its topics.

Each run takes the messages that are there and ends; `load_web` follows once every table is up to
date. A run that was missed needs nothing: the next one goes on where the last one stopped. So there
is no backfill here: what has to be made anew is replayed with `make replay`.

Fails because of its checkpoint: docs/runbooks/checkpoint-lost.md.
"""

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, CronTriggerTimetable

from pipeline import lake_web
from pipeline.policies import STREAM_ARGS
from pipeline.tasks import ROOT

with DAG(
    dag_id="stream_web",
    description="Bring the lake up to date with the topics of web",
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
    # With a dash, which no stream has in its name.
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
