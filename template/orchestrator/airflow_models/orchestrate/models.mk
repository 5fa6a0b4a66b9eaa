# The DAG build_marts has one task per model. `make tasks` always runs, because any file in transform/ can change them.
.PHONY: tasks

check data/airflow/ready: | tasks

tasks: $(RUN) ## Derive the tasks of the DAG build_marts from the dbt project
	@$(BIN)/dbt --quiet parse
	@$(BIN)/python orchestrate/dags/pipeline/models.py
