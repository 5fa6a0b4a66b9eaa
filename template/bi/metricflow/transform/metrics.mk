.PHONY: metrics query definitions

metrics: definitions | data/local.duckdb ## List the metrics, and what they can be grouped by
	@$(BIN)/python transform/mf.py list metrics

query: definitions | data/local.duckdb ## Query METRICS=a,b by BY=metric_time__month
	@test -n "$(METRICS)" || { echo "Name the metrics: make query METRICS=orders_count (make metrics lists them)" >&2; exit 2; }
	@$(BIN)/python transform/mf.py query --decimals 2 --metrics "$(METRICS)" --group-by "$(or $(BY),metric_time__month)" \
		--order "$(or $(BY),metric_time__month)"

# MetricFlow reads the definitions as dbt last parsed them.
definitions: $(RUN) .venv/installed-metrics
	@$(BIN)/dbt --quiet parse
