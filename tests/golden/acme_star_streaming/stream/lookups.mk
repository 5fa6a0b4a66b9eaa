# The tables of other sources that streams join, copied to the lake.

.PHONY: lookups lookups-sample lookups-kafka

lookups: $(RUN) ## Copy the tables that streams join to the lake
	@$(BIN)/python -m stream.lookups

lookups-sample: $(RUN)
	@$(BIN)/python -m stream.lookups --lakes data/sample_lake

lookups-kafka: $(RUN)
	@$(BIN)/python -m stream.lookups --lakes data/kafka/lake

stream: lookups-sample
stream-kafka: lookups-kafka
