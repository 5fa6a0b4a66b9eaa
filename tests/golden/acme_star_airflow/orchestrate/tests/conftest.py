"""Settings that Airflow reads when it is imported."""

import os
from pathlib import Path

ROOT = Path(__file__).parents[2]
os.environ.setdefault("AIRFLOW_HOME", str(ROOT / "data" / "airflow"))
os.environ.setdefault("AIRFLOW__CORE__DAGS_FOLDER", str(ROOT / "orchestrate" / "dags"))
os.environ.setdefault("AIRFLOW__CORE__LOAD_EXAMPLES", "false")
