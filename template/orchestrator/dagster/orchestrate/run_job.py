"""Run a job once, without a server.

python -m orchestrate.run_job build_marts
python -m orchestrate.run_job backfill_shop --day 2026-01-31
"""

import argparse
import sys

import dagster as dg

from orchestrate.definitions import defs


def main() -> int:
    """Run the job; returns 0 on success, 1 if it failed, 2 on a usage error."""
    jobs = {job.name: job for job in defs.get_repository_def().get_all_jobs()}
    names = [name for name in jobs if not name.startswith("__")]
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("job", choices=sorted(names))
    parser.add_argument("--day", metavar="DATE", help="the day that a backfill reloads")
    asked = parser.parse_args()
    job = jobs[asked.job]
    if (job.partitions_def is None) != (asked.day is None):
        parser.error("--day is for backfills, which need it")
    config = {"loggers": {"console": {"config": {"log_level": "INFO"}}}}
    if job.partitioned_config and asked.day:
        config |= job.partitioned_config.get_run_config_for_partition_key(asked.day)
    with dg.DagsterInstance.get() as instance:
        result = job.execute_in_process(
            config, instance=instance, partition_key=asked.day, raise_on_error=False
        )
    checks = result.get_asset_check_evaluations()
    failed = [check.check_name for check in checks if not check.passed]
    updated = len(result.get_asset_materialization_events())
    print(f"{job.name}: {'success' if result.success else 'failure'}")
    print(f"  {updated} assets updated, {len(checks) - len(failed)} checks passed")
    for name in failed:
        print(f"  failed: {name}")
    return 0 if result.success else 1


if __name__ == "__main__":
    sys.exit(main())
