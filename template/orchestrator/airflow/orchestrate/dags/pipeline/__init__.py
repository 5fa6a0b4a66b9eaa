"""Code shared by the DAGs; in the DAG folder, because Airflow always finds imports there."""
