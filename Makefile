# The two commands: make run, make test. Both build .venv from locked, hashed requirements.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help run test lint chaos bench bench-history churn bench-browser clean lock tracker tracker-check

help:
	@echo "make run    start everything with a demo organization (Ctrl-C stops it)"
	@echo "make test   run every test"
	@echo "make chaos  50,000 events while workers, Valkey and PostgreSQL are killed: nothing may be lost"
	@echo "make lint   ruff, mypy, import-linter, migrations"
	@echo "make bench  run the benchmarks and print ratios"
	@echo "make bench-history  events and admin pages with ten million events of history, against none and few"
	@echo "make churn  5,000 rows a second through the queue for five minutes: claims must stay quick"
	@echo "make bench-browser  measure the tracking file beside other libraries (needs Node and Chromium)"
	@echo "make lock   pin requirements again"
	@echo "make tracker  build the tracking file's modules (needs Node)"

.venv/base.stamp: requirements/base.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/base.txt
	@touch $@

.venv/dev.stamp: requirements/dev.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@ .venv/base.stamp

run: .venv/base.stamp
	@exec $(BIN)/python -m s2sadmin.run

test: .venv/dev.stamp
	@$(BIN)/python -m pytest -q -n auto --maxprocesses 4 --dist loadfile

lint: .venv/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run

chaos: .venv/dev.stamp
	@$(BIN)/python -m tests.chaos

bench: .venv/dev.stamp
	@$(BIN)/python -m benchmarks
	@$(BIN)/python -m benchmarks.latency
	@$(BIN)/python -m benchmarks.fairness

bench-history: .venv/dev.stamp
	@$(BIN)/python -m benchmarks.history

churn: .venv/dev.stamp
	@$(BIN)/python -m benchmarks.churn

COMPARED := benchmarks/browser

$(COMPARED)/node_modules: $(COMPARED)/package-lock.json
	cd $(COMPARED) && npm ci --silent --ignore-scripts
	@touch $@

bench-browser: .venv/dev.stamp $(COMPARED)/node_modules
	@$(BIN)/python -m benchmarks.browser

lock:
	uv pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-emit-index-url --no-emit-find-links --no-header requirements/base.in -o requirements/base.txt
	uv pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-emit-index-url --no-emit-find-links --no-header requirements/dev.in -o requirements/dev.txt

TRACKER := integrations/tracker

$(TRACKER)/node_modules: $(TRACKER)/package-lock.json
	cd $(TRACKER) && npm ci --silent
	@touch $@

tracker: $(TRACKER)/node_modules
	cd $(TRACKER) && npm run --silent build

tracker-check: $(TRACKER)/node_modules
	cd $(TRACKER) && npm run --silent check

clean:
	rm -rf .venv .data
