# The commands of this project. `make help` lists them.
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

setup: $(INSTALLED)  ## install the tool and what its tests need into .venv

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

demo: setup  ## generate a platform from the built-in sample, run it, show what it built
	@scripts/demo

quick: setup  ## run the quick tests: no generated repository is run
	@scripts/test quick $(ARGS)

test: setup  ## run the tests: the quick ones, and one real run of each choice and each promise
	@scripts/test proof $(ARGS)

prove: setup  ## run every test there is, which takes long, and write docs/proof.md
	@scripts/test exhaustive $(ARGS)

lint: setup  ## check the code's form
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

bench: setup  ## measure, and write docs/benchmarks.md
	@$(BIN)/python -m tests.bench

golden: setup  ## accept what a template change does to the repositories kept in tests/golden
	@$(BIN)/python -m tests.golden

site: setup  ## build this documentation as a site in .cache/site
	@$(BIN)/mkdocs build --quiet --strict
	@echo "Open .cache/site/index.html"

clean:  ## remove what the commands made
	rm -rf $(VENV) .cache .pytest_cache .ruff_cache .hypothesis dist
