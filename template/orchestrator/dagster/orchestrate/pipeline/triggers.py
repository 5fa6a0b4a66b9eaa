"""How a job follows other jobs: a sensor that waits for the tables which they update.

A sensor for the job rather than an automation condition for each table, because a job is one
command: one `dbt build` of all models with their tests, or one load of all tables of a source.
"""

import json
from collections.abc import Collection, Mapping

import dagster as dg


def start_after(
    job: str, awaited: Mapping[str, Collection[dg.AssetKey]], *, any_of_them: bool = False
) -> dg.SensorDefinition:
    """A sensor that starts the job after an update of all the `awaited`, or of any of them.

    Each has a name and tables that are updated together.
    """

    @dg.sensor(
        name=f"start_{job}",
        description=f"Starts {job} after an update of {'any' if any_of_them else 'all'} inputs",
        job_name=job,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def start(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        """Compare the runs that last updated each input with those of the previous start."""
        handled = json.loads(context.cursor or "{}")
        latest = {name: last_run(context.instance, keys) for name, keys in awaited.items()}
        updated = [name for name, run in latest.items() if run and run != handled.get(name)]
        enough = updated if any_of_them else len(updated) == len(awaited)
        if not enough:
            waiting = sorted(awaited.keys() - set(updated))
            return dg.SkipReason(f"Not updated since the last start: {', '.join(waiting)}")
        context.update_cursor(json.dumps(latest))
        return dg.RunRequest()

    return start


def last_run(instance: dg.DagsterInstance, keys: Collection[dg.AssetKey]) -> str | None:
    """The id of the run that last updated any of these tables; None if none has."""
    updates = [
        record.asset_entry.last_materialization_record
        for record in instance.get_asset_records(list(keys))
    ]
    newest = max(filter(None, updates), key=lambda update: update.storage_id, default=None)
    return newest.run_id if newest else None
