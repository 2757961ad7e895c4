# `make` or `make help` lists the targets. Each one that needs the environment makes it first (.venv, from requirements.lock).
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

VENV := .venv
BIN := $(VENV)/bin
LOCK_HASH := $(shell cat requirements.lock setup.cfg 2>/dev/null | cksum | cut -d' ' -f1)
STAMP := $(VENV)/.installed-$(LOCK_HASH)
JOBS ?= 2
MODEL ?= ss-2
ZOO := ss-2 ss-3 ss-4 ss-5

.PHONY: help demo test check lint format results docs picture soak lock system venv clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: system $(STAMP) ## SS-2 from data to a measured (virtual) board: a latency table and the path of a report
	@$(BIN)/sktools run $(MODEL)

test: system $(STAMP) ## the test suite
	@$(BIN)/python -m pytest -n $(JOBS) $(PYTEST_ARGS)

check: lint test ## lint, formats, types and the test suite

soak: system $(STAMP) ## the long tests, at their full figures (hours)
	@$(BIN)/python -m pytest -n $(JOBS) --soak $(PYTEST_ARGS)

lint: $(STAMP) ## ruff and mypy
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: $(STAMP) ## rewrite the sources in the project's style
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

results: system $(STAMP) ## each zoo model on the virtual board, for the models page
	@for model in $(ZOO); do $(BIN)/sktools run $$model > /dev/null; done

docs: system $(STAMP) ## the documentation site, in site/; zoo models without a result run first
	@for model in $(ZOO); do test -n "$$(find results/$$model-tcn-sm -name profile.json -print -quit 2>/dev/null)" || \
	  { echo "$$model has no result yet: running it"; $(BIN)/sktools run $$model > /dev/null; }; done
	@rm -rf build/docs && mkdir -p build && cp -r docs build/docs
	@sed -e 's#(docs/#(#g' -e 's#(LICENSE)#(https://opensource.org/license/bsd-3-clause)#' README.md > build/docs/index.md
	@echo "drawing the models page"
	@$(BIN)/sktools zoo page --output build/docs
	@echo "building the site"
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "site: site/index.html"

picture: system $(STAMP) ## the README's picture, from a run of SS-4
	@$(BIN)/sktools run ss-4 --quiet --output build/picture > /dev/null
	@$(BIN)/sktools report build/picture/ss-4-tcn-sm --quiet --svg docs/assets/ss-4-blocks.svg > /dev/null

venv: $(STAMP) ## only the Python environment, .venv

system: ## the compiler and the emulator, from the system's packages where they are missing
	@sh .ci/system-packages

$(STAMP): requirements.lock setup.cfg
	@sh .ci/make-venv $(VENV)
	@touch $@

lock: ## resolve requirements.lock anew from setup.cfg (one lock for Python 3.11 to 3.13)
	@tool=$$(mktemp -d) && trap 'rm -rf "$$tool"' EXIT && python3 -m venv $$tool && $$tool/bin/pip install --quiet uv && \
	  $$tool/bin/uv pip compile setup.cfg --universal --python-version 3.11 --extra dev --extra docs --generate-hashes \
	  --constraint .ci/constraints.txt --prerelease if-necessary --no-emit-index-url --custom-compile-command "make lock" --quiet -o requirements.lock

clean: ## remove what builds and runs leave behind; .venv and results stay
	rm -rf build dist site *.egg-info .pytest_cache .mypy_cache .ruff_cache
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
