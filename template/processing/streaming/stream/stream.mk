# The streams: their environment, their jars, and what runs them.

STREAM := .venv-stream/bin/python
SPARK_JARS := .jars/spark/fetched

.PHONY: stream stream-sample stream-kafka stream-test

stream: .venv-stream/installed $(SPARK_JARS) stream-sample ## Run every stream over sample events, without a broker
	@$(STREAM) -m stream --sample

stream-sample: $(RUN)
	@$(BIN)/python -m stream.sample $(if $(EVENTS),--events $(EVENTS)) $(if $(TOPIC),--topic $(TOPIC)) \
		$(if $(ROWS),--rows $(ROWS)) $(if $(LINES),--lines $(LINES))

stream-kafka: .venv-stream/installed $(SPARK_JARS) .jars/kafka/fetched stream-sample ## The same through a broker on this machine
	@$(STREAM) -m stream.local_broker

stream-test: .venv-stream/installed $(SPARK_JARS) ## Test the streams
	@$(STREAM) -m pytest -q stream/tests

.venv-stream/installed: stream/requirements.txt
	$(call say,Making .venv-stream)
ifdef UV
	@$(UV) venv --quiet --allow-existing --python "$(PYTHON)" .venv-stream
	@$(UV) pip install --quiet --offline --python .venv-stream/bin/python --requirement $< 2> /dev/null || \
		$(UV) pip install --quiet --python .venv-stream/bin/python --requirement $<
else
	@"$(PYTHON)" -m venv .venv-stream
	@.venv-stream/bin/python -m pip install --quiet --requirement $<
endif
	@touch $@

.jars/%/fetched: stream/%.xml
	@command -v java > /dev/null || { echo "Spark needs Java 17 or 21: install it, for example openjdk-17-jre-headless."; exit 1; }
	@command -v mvn > /dev/null || { echo "The jars are fetched by Maven, which is not installed."; exit 1; }
	$(call say,Fetching the jars of $*)
	@mvn --quiet --batch-mode --file $< dependency:copy-dependencies -DoutputDirectory=$(CURDIR)/.jars/$*
	@touch $@
