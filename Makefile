# Everything runs inside .venv, made from uv.lock. Needed beforehand: Python 3.11 or newer and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO_DIR ?= demo-archive
# Most tests wait for processes and disks: more workers than processors keep both busy.
JOBS ?= 4

.PHONY: help setup demo test check generate bench clean

help:
	@echo "make demo    run the main job on real footage, then tamper with it and see it caught"
	@echo "make test    run the tests"
	@echo "make check   run every gate: format, lint, types, imports, generated files, docs, PostgreSQL"
	@echo "make bench   measure against cp, rsync, openssl and bagit in the same run"

$(VENV)/.stamp: pyproject.toml uv.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.5'
	VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv sync --frozen --quiet
	touch $@

setup: $(VENV)/.stamp

demo: setup
	$(BIN)/evd demo --dir $(DEMO_DIR)

test: setup
	$(BIN)/pytest -q -n $(JOBS) -m "not postgresql"

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m evidence_daemon.generate --check
	$(BIN)/pytest -q tests/unit/test_docs_complete.py tests/unit/test_docs_links.py tests/unit/test_docs_readmes.py
	$(BIN)/pytest -q -m postgresql

generate: setup
	$(BIN)/python -m evidence_daemon.generate

bench: setup
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m bench

clean:
	rm -rf $(VENV) $(DEMO_DIR) .mypy_cache .ruff_cache .pytest_cache .hypothesis dist
