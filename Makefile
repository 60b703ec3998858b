# Two targets do everything on a fresh Debian or Ubuntu: `make run` and `make test`.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
WORKERS ?= 2
export PYTHON

.PHONY: help run demo test tests check lint browser types attacks faults bench bench-quick lock clean install-run install-test install-bench

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

run: install-run .venv/.run-ready node_modules/.ready ## install what is missing, start everything, print URLs and log-ins
	@exec $(BIN)/python manage.py up

demo: .venv/.run-ready ## tell the whole story by HTTP against the running system
	@$(BIN)/python manage.py demo

test: install-test .venv/.test-ready node_modules/.test-ready ## install what is missing, run every check and test
	@$(MAKE) --no-print-directory check

check: ## lint, format, types, import contracts, and beside them the tests
	@$(MAKE) --no-print-directory -j2 lint tests

tests: ## the tests alone: WORKERS at a time
	$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

lint: ## lint, format, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports

browser: install-test .venv/.test-ready node_modules/.test-ready ## every story in a browser with everything behind it, and how fast; leaves docs/screenshots
	FIELDREACH_SCREENSHOTS=docs/screenshots $(BIN)/pytest -o python_files='live_*.py' tests/live_browser

types: node_modules/.test-ready ## write the app's types again from the committed description of the API
	node_modules/.bin/openapi-typescript api/openapi.json --output field_apps_mock/web/app/api/types.d.ts

faults: install-test .venv/.test-ready ## break everything while 3,000 messages leave, seven times; count what arrived
	@$(BIN)/python -m tests.faults

attacks: install-run .venv/.test-ready .venv-anonymeter/.ready ## attack the running release, write docs/attacks.md and its picture: up to half an hour
	$(BIN)/python -m tests.attacks $(ATTACKS)

bench: install-bench .venv/.test-ready ## every figure of the performance page, into docs/benchmarks.md: 25 minutes
	@$(BIN)/python -m benchmarks $(BENCH)

bench-quick: install-bench .venv/.test-ready ## the same, small: says in three minutes that the bench works
	@$(BIN)/python -m benchmarks --quick $(BENCH)

lock: .venv/.test-ready ## pin every package again, with hashes and without addresses
	$(BIN)/pip-compile -q --upgrade --generate-hashes --allow-unsafe --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --strip-extras --no-header -o requirements.txt requirements.in
	$(BIN)/pip-compile -q --upgrade --generate-hashes --allow-unsafe --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --strip-extras --no-header -o requirements-dev.txt requirements-dev.in
	$(BIN)/pip-compile -q --upgrade --generate-hashes --allow-unsafe --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --strip-extras --no-header -o requirements-anonymeter.txt requirements-anonymeter.in

clean: ## stop what runs and remove .run/, the demo city with it
	@if [ -x $(BIN)/python ]; then $(BIN)/python manage.py down --remove; else echo "nothing to remove: nothing was installed yet"; fi

install-run:
	@stack/install.sh run

install-test:
	@stack/install.sh test

install-bench:
	@stack/install.sh bench

.venv/bin/python:
	@echo "==> virtual environment"
	@$(PYTHON) -m venv .venv

.venv/.run-ready: requirements.txt | .venv/bin/python
	@echo "==> Python packages (a minute or two the first time)"
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

.venv/.test-ready: requirements-dev.txt .venv/.run-ready
	@echo "==> Python packages for the checks"
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

.venv-anonymeter/bin/python:
	@$(PYTHON) -m venv .venv-anonymeter

.venv-anonymeter/.ready: requirements-anonymeter.txt | .venv-anonymeter/bin/python
	@echo "==> Python packages of anonymeter, apart (Python 3.11 or 3.12, 900 MB)"
	@.venv-anonymeter/bin/pip install -q --disable-pip-version-check --require-hashes -r requirements-anonymeter.txt
	@touch $@

node_modules/.ready: package.json package-lock.json
	@echo "==> npm packages"
	@npm ci --omit=dev --loglevel=error --no-audit --no-fund --ignore-scripts
	@touch $@

node_modules/.test-ready: package.json package-lock.json
	@echo "==> npm packages for the checks"
	@npm ci --loglevel=error --no-audit --no-fund --ignore-scripts
	@touch node_modules/.ready $@
