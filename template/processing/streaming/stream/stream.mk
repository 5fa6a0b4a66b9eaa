# The streams: their environment, their jars, and their commands.

SPARK_PYTHON := .venv-stream/bin/python
SPARK_JARS := .jars/spark/fetched

.PHONY: stream stream-sample stream-kafka stream-test alerts-test topics-check replay rebuild dead-letters repair maintain

stream: .venv-stream/installed $(SPARK_JARS) stream-sample ## Run every stream over sample events, without a broker
	@$(SPARK_PYTHON) -m stream --sample

stream-sample: $(RUN)
	@$(BIN)/python -m stream.sample $(if $(EVENTS),--events "$(EVENTS)") $(if $(TOPIC),--topic $(TOPIC)) \
		$(if $(ROWS),--rows $(ROWS)) $(if $(LINES),--lines $(LINES))

stream-kafka: .venv-stream/installed $(SPARK_JARS) .jars/kafka/fetched stream-sample ## The same through a broker on this machine
	@$(SPARK_PYTHON) -m stream.sample.broker

stream-test: .venv-stream/installed $(SPARK_JARS) ## Test the streams
	@$(SPARK_PYTHON) -m pytest -q stream/tests

topics-check: $(RUN) ## Check changes of topics against earlier messages, since BASE=<commit>
	@$(BIN)/python -m stream.evolution $(BASE)

# STREAM=source.stream limits a command to one stream; a replay, by default, is of those with windows.
replay: .venv-stream/installed $(SPARK_JARS) ## Recompute rows from their messages: FROM=2026-01-01T06:00Z TO=...
	@$(SPARK_PYTHON) -m stream.replay $(if $(FROM),--from "$(FROM)") $(if $(TO),--to "$(TO)") $(STREAM)

rebuild: .venv-stream/installed $(SPARK_JARS) ## Rebuild tables whose window, groups or aggregates have changed
	@$(SPARK_PYTHON) -m stream.replay --rebuild $(STREAM)

dead-letters: .venv-stream/installed $(SPARK_JARS) ## Show dead letters, or write them to FILE=...
	@$(SPARK_PYTHON) -m stream.dead_letters $(if $(FILE),--write "$(FILE)") $(STREAM)

repair: .venv-stream/installed $(SPARK_JARS) ## Count dead letters that are valid now, or with the values in FILE=...
	@$(SPARK_PYTHON) -m stream.repair $(if $(FILE),--file "$(FILE)") $(STREAM)

maintain: .venv-stream/installed $(SPARK_JARS) ## Compact the tables of the lake, delete unused files
	@$(SPARK_PYTHON) -m stream.maintain $(STREAM)

alerts-test: ## Check the files of monitoring/, and test the alerts
	@{ command -v promtool && command -v amtool; } > /dev/null || { echo "This needs promtool and amtool, which come with Prometheus and its Alertmanager."; exit 1; }
	@promtool check config monitoring/prometheus.yml
	@promtool test rules monitoring/rules_test.yml
	@amtool check-config monitoring/alertmanager.yml

.venv-stream/installed: stream/requirements.txt
	$(call say,Creating .venv-stream)
ifdef UV
	@$(UV) venv --quiet --allow-existing --python "$(PYTHON)" .venv-stream
	@$(UV) pip install --quiet --offline --python .venv-stream/bin/python --requirement $< 2> /dev/null || \
		$(UV) pip install --quiet --python .venv-stream/bin/python --requirement $<
else
	@"$(PYTHON)" -m venv .venv-stream
	@.venv-stream/bin/python -m pip install --quiet --requirement $<
endif
	@touch $@

SHA256 := $(shell command -v sha256sum || echo shasum -a 256)

# The jars are used only if their checksums are those that were tested.
.jars/%/fetched: stream/jars/%/pom.xml stream/jars/%/sha256
	@command -v java > /dev/null || { echo "Spark needs Java 17 or 21: install it, for example openjdk-17-jre-headless."; exit 1; }
	@command -v mvn > /dev/null || { echo "Maven, which fetches the jars, is not installed."; exit 1; }
	$(call say,Fetching the jars of $*)
	@rm -rf .jars/$*.new
	@mvn --quiet --batch-mode --file $< dependency:copy-dependencies -DoutputDirectory=$(CURDIR)/.jars/$*.new
	@cd .jars/$*.new && $(SHA256) *.jar | LC_ALL=C sort -k 2 > ../$*.sha256
	@diff stream/jars/$*/sha256 .jars/$*.sha256 || { \
		echo "These jars (>) differ from stream/jars/$*/sha256 (<), so none is used."; \
		echo "Did you change pom.xml beside it? Then: cp .jars/$*.sha256 stream/jars/$*/sha256"; exit 1; }
	@rm -rf .jars/$*
	@mv .jars/$*.new .jars/$*
	@touch $@
