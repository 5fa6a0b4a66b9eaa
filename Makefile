# Run `make help` to list the commands.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
UV := $(shell command -v uv 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help setup demo quick test prove lint bench golden site clean

help:  ## list the commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | column -t -s $$'\t'

setup: $(INSTALLED)  ## install the tool and its test dependencies into .venv

$(INSTALLED): pyproject.toml
	@echo "Setting up $(VENV) ..."
ifdef UV
	@$(UV) venv --quiet --allow-existing --python $(PYTHON) $(VENV)
	@$(UV) pip install --quiet --python $(BIN)/python --editable . --group dev
else
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	@$(BIN)/python -m pip install --quiet --editable . --group dev
endif
	@touch $@

demo: setup  ## generate and run a platform from the built-in sample
	@scripts/demo

quick: setup  ## run the tests that do not run a generated repository
	@scripts/test quick $(ARGS)

test: setup  ## run the quick tests, and one real run of each kind of platform and each promise
	@scripts/test proof $(ARGS)

prove: setup  ## run every test (hours, on two cores) and write docs/proof.md
	@scripts/test exhaustive $(ARGS)

lint: setup  ## lint the code and check its formatting
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

bench: setup  ## run the benchmarks and write docs/benchmarks.md
	@$(BIN)/python -m tests.bench

golden: setup  ## accept a template change in the repositories in tests/golden
	@$(BIN)/python -m tests.golden

site: setup  ## build the documentation site in .cache/site
	@$(BIN)/mkdocs build --quiet --strict
	@echo "Open .cache/site/index.html"

clean:  ## remove generated files and environments
	rm -rf $(VENV) .cache .pytest_cache .ruff_cache .hypothesis dist
