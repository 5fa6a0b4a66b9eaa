.PHONY: metrics query

metrics: .venv/installed-metrics | data/local.duckdb ## List the metrics, and what they can be grouped by
	@$(BIN)/python transform/mf.py list metrics

query: .venv/installed-metrics | data/local.duckdb ## Query METRICS=a,b by BY=metric_time__month
	@$(BIN)/python transform/mf.py query --decimals 2 --metrics "$(METRICS)" --group-by "$(or $(BY),metric_time__month)" \
		--order "$(or $(BY),metric_time__month)"
