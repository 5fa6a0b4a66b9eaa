"""Paths and settings for dlt. Import this module before dlt, which reads the settings on import."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).parent.parent
DATA = ROOT / "data"
LOCAL_WAREHOUSE = DATA / "local.duckdb"
LAST_LOAD = DATA / "last_load.json"


def load_env_file(path: Path = ROOT / ".env") -> None:
    """Add `NAME=value` lines to the environment; variables that are already set win."""
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        name, separator, value = line.strip().removeprefix("export ").partition("=")
        if separator and not name.startswith("#"):
            os.environ.setdefault(name.strip(), value.strip().strip("'\""))


def configure_dlt() -> None:
    """Keep dlt's files inside the repository, and make dlt quiet, offline and sequential."""
    settings = {
        "DLT_PROJECT_DIR": str(ROOT),
        "DLT_DATA_DIR": str(DATA / ".dlt"),
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "RUNTIME__LOG_LEVEL": "CRITICAL",
        # Tables share a connection and its snapshot, so they are read one after another.
        "EXTRACT__NEXT_ITEM_MODE": "fifo",
        "LOAD__TRUNCATE_STAGING_DATASET": "true",
        # Incremental facts find the rows that a load has written by `_dlt_load_id`.
        "NORMALIZE__PARQUET_NORMALIZER__ADD_DLT_LOAD_ID": "true",
        # Otherwise dlt imports Airflow, if installed, to look for secrets, which takes 4 seconds.
        "PROVIDERS__ENABLE_AIRFLOW_SECRETS": "false",
    }
    for name, value in settings.items():
        os.environ.setdefault(name, value)


load_env_file()
configure_dlt()
