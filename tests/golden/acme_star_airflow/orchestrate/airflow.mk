export AIRFLOW_HOME := $(CURDIR)/data/airflow
export AIRFLOW__USAGE_DATA_COLLECTION__ENABLED := false
export AIRFLOW__CORE__DAGS_FOLDER := $(CURDIR)/orchestrate/dags
export AIRFLOW__CORE__LOAD_EXAMPLES := false
export AIRFLOW__API__HOST := 127.0.0.1

.PHONY: airflow

# `airflow standalone` runs `airflow`, from PATH, for each of its parts.
airflow: data/airflow/ready ## Run Airflow on this machine, with its web UI on port 8080
	@echo "User admin; the password is in data/airflow/simple_auth_manager_passwords.json.generated"
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/airflow standalone

dag-%: data/airflow/ready ## Run a DAG once, without a scheduler: make dag-build_marts
	@$(BIN)/airflow dags test $*

# Pools have one slot, because only one process at a time can write to the local warehouse, a DuckDB file.
data/airflow/ready: $(RUN) .venv/installed-orchestrate
	$(call say,Preparing Airflow in data/airflow)
	@$(BIN)/airflow db migrate > /dev/null
	@$(BIN)/airflow pools set warehouse 1 "Tasks that write to the warehouse" > /dev/null
	@touch $@
