"""Everything that Dagster runs here: the definitions of each job, the alerts and dbt."""

import pkgutil
from importlib import import_module

import dagster as dg

from orchestrate import jobs
from orchestrate.pipeline.alerts import report_failure
from orchestrate.pipeline.project import DBT

NAMES = [module.name for module in pkgutil.iter_modules(jobs.__path__)]
defs = dg.Definitions.merge(
    *(import_module(f"orchestrate.jobs.{name}").defs for name in NAMES),
    dg.Definitions(
        sensors=[report_failure],
        resources={"dbt": DBT},
        # A run is a process already; another one for each step would only cost time.
        executor=dg.in_process_executor,
    ),
)
