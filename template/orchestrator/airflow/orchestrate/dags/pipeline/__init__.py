"""What the DAGs share. It is here because Airflow finds imports in the DAG folder, wherever it is deployed."""
