# `make help` lists every recipe. Each sets up what it needs; none needs a step by hand.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TORCH := .venv-transformers

help: ## List the recipes
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | sort | expand -t 14

$(BIN)/uv: requirements/bootstrap.txt
	@echo "making the virtual environment …"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

# The package itself is installed as a link to this folder, without dependencies of its own.
define install
	@echo "installing $(2) (a minute the first time) …"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/$(1).txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@
endef

$(VENV)/.embedded: $(BIN)/uv requirements/embedded.txt pyproject.toml
	$(call install,embedded,the platform)

$(VENV)/.dev: $(BIN)/uv requirements/dev.txt pyproject.toml
	$(call install,dev,the platform and what its tests need)
	@touch $(VENV)/.embedded

# An environment of its own, so that torch gets into no other: all that the tests need, and then
# torch by itself (requirements/torch.in says why).
$(TORCH)/.ready: $(BIN)/uv requirements/dev.txt requirements/transformers.txt requirements/torch.in pyproject.toml
	@echo "installing torch into $(TORCH) (a minute the first time) …"
	@$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python $(TORCH)
	@$(BIN)/uv pip install --quiet --python $(TORCH) --require-hashes \
		-r requirements/bootstrap.txt -r requirements/dev.txt -r requirements/transformers.txt
	@$(BIN)/uv pip install --quiet --python $(TORCH) \
		$(if $(PIP_FIND_LINKS),--find-links "$(PIP_FIND_LINKS)") -r requirements/torch.in
	@$(BIN)/uv pip install --quiet --python $(TORCH) --no-deps --no-build-isolation --editable .
	@touch $@

install: $(VENV)/.embedded ## Install what the platform needs

dev: $(VENV)/.dev ## Install what development and tests need

run: $(VENV)/.embedded ## Start the whole platform with the demonstration corpus; Ctrl-C stops it
	@exec $(BIN)/navigator up --demo

test: $(VENV)/.dev packages ## Run all tests, with real parts
	$(BIN)/pytest

test-transformers: $(TORCH)/.ready ## Run the tests of the engine that needs torch
	$(TORCH)/bin/pytest tests/transformers

packages:
	@scripts/packages.sh

check: lint types contracts manifests ## Lint, types, contracts, manifests

lint: $(VENV)/.dev ## Format, lint and dependency rule
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports

types: $(VENV)/.dev ## mypy, strict
	$(BIN)/mypy

contracts: $(VENV)/.dev ## OpenAPI, AsyncAPI and schemas are as the code says, and break no released one
	$(BIN)/navigator contracts check
	$(BIN)/navigator contracts compatible

manifests: $(VENV)/.dev ## Compose and Kubernetes files
	$(BIN)/pytest tests/contract/deploy

fmt: $(VENV)/.dev ## Format, and mend what ruff can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

demo-documents: $(VENV)/.dev ## Build the demonstration corpus's documents from their texts
	$(BIN)/python data/demo/build.py

bench: $(VENV)/.dev packages ## How fast reports are taken in, beside a bare app that only stores them
	$(BIN)/python -m benchmarks.intake $(ARGS)

bench-embed: $(VENV)/.dev ## How near the embedder is to the machine, and what questions notice of bulk
	$(BIN)/python -m benchmarks.embed $(ARGS)

bench-index: $(VENV)/.dev ## Recall and speed of the index at up to 100,000 passages (writes docs/index.md)
	$(BIN)/python -m benchmarks.index --markdown docs/index.md $(ARGS)

bench-recommend: $(VENV)/.dev ## How soon a challenge is answered, up to 100,000 passages (writes docs/recommend-speed.md)
	$(BIN)/python -m benchmarks.recommend --markdown docs/recommend-speed.md $(ARGS)

chaos: $(VENV)/.dev ## kill -9 of each part under load, 20 runs: what is lost (writes docs/durability.md)
	$(BIN)/python -m tests.chaos --markdown docs/durability.md $(ARGS)

quality: $(VENV)/.dev ## How well questions find the demonstration corpus, tables are read, reports sorted, citations right
quality: $(VENV)/.dev ## How well questions find projects and methods, tables are read, reports sorted
	$(BIN)/python -m quality.demonstration
	$(BIN)/python -m quality.tables
	$(BIN)/python -m quality.sorting --markdown docs/sorting.md
	$(BIN)/python -m quality.abstention --markdown docs/abstention.md
	$(BIN)/python -m quality.citations
	$(BIN)/python -m quality.ranking --markdown docs/ranking.md
	$(BIN)/python -m quality.method_identity

documents: $(VENV)/.dev ## What becomes of every document in ../shared/data, as docs/documents.md
	$(BIN)/python -m quality.documents

lock: $(VENV)/.dev ## Compile the locks anew (make lock ARGS=--upgrade for newer versions)
	scripts/lock.sh $(ARGS)

clean: ## Remove the environment and caches; the platform's data in var/ stays
	rm -rf $(VENV) $(TORCH) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache artefacts

.PHONY: help install dev run test test-transformers packages check lint types contracts manifests fmt demo-documents bench bench-embed bench-index bench-recommend chaos quality documents lock clean
