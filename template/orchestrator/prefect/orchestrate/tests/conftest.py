"""Settings that Prefect reads when it is imported: no state outside this folder, no telemetry."""

import os
from pathlib import Path

HOME = Path(__file__).parents[2] / "data" / "prefect"
HOME.mkdir(parents=True, exist_ok=True)
os.environ.setdefault("PREFECT_HOME", str(HOME))
os.environ.setdefault("PREFECT_MEMO_STORE_PATH", str(HOME / "memo_store.toml"))
os.environ.setdefault("PREFECT_LOGGING_TO_API_ENABLED", "false")
os.environ.setdefault("DO_NOT_TRACK", "1")
