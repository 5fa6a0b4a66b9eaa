"""What the DAGs share; in the DAG folder, because Airflow finds imports there wherever it runs."""
