export DAGSTER_HOME := $(CURDIR)/data/dagster
export DAGSTER_DISABLE_TELEMETRY := yes

.PHONY: dagster manifest

dagster: data/dagster/dagster.yaml manifest ## Run Dagster on this machine, with its web UI on port 3000
	@$(BIN)/dagster dev --module-name orchestrate.definitions --host 127.0.0.1 --port 3000

manifest: $(RUN) ## Write dbt's manifest, which tells Dagster about the models
	@$(BIN)/dbt --quiet parse

job-%: data/dagster/dagster.yaml manifest ## Run a job once, without a server: make job-build_marts
	@$(BIN)/python -m orchestrate.run_job $* $(if $(DAY),--day $(DAY))

data/dagster/dagster.yaml: orchestrate/dagster.yaml .venv/installed-orchestrate
	@mkdir -p $(@D)
	@cp $< $@
