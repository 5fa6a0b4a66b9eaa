"""The age of the loaded data, as `dbt source freshness` measures it."""

from collections.abc import Iterator

import dagster as dg
from dagster_dbt import DbtCliResource

from orchestrate.pipeline.project import PROJECT

SEVERITIES = {"warn": dg.AssetCheckSeverity.WARN}


def measure_freshness(dbt: DbtCliResource) -> Iterator[dg.AssetCheckResult]:
    """A result for each table of the sources.

    Raises `dagster.Failure` after the last result if a source is older than it may be: a failed
    check alone does not fail a run, and only a failed run sends an alert. Raises
    `FileNotFoundError` if dbt could not measure anything.
    """
    # A target of its own, because a build may run at the same time.
    target = PROJECT.project_dir / PROJECT.target_path / "freshness"
    # If dbt stops before it measures, there must be no results of an earlier run.
    (target / "sources.json").unlink(missing_ok=True)
    done = dbt.cli(["source", "freshness"], raise_on_error=False, target_path=target).wait()
    for result in done.get_artifact("sources.json")["results"]:
        _, _, source, table = result["unique_id"].split(".")
        yield dg.AssetCheckResult(
            asset_key=dg.AssetKey([source, table]),
            check_name="freshness",
            passed=result["status"] == "pass",
            severity=SEVERITIES.get(result["status"], dg.AssetCheckSeverity.ERROR),
            metadata={"status": result["status"], "loaded_at": result.get("max_loaded_at", "")},
        )
    if not done.is_successful():
        raise dg.Failure("A source is late, or its age is unknown; see the checks of its tables.")
