# Two commands do everything: `make demo` and `make test`. Each first sets up what is missing.

SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
UV := .venv/bin/uv
RUN := $(UV) run --no-sync

# The servers the tests talk to, each by its name in Debian and by the one it has elsewhere. Missing ones are installed, by
# apt where root or sudo allows, or named.
SERVERS := prometheus promtool prometheus-alertmanager/alertmanager redis-server victoria-metrics/victoria-metrics-prod \
	prometheus-node-exporter/node_exporter openssl
APT := prometheus prometheus-alertmanager redis-server victoria-metrics prometheus-node-exporter openssl tmux

.PHONY: help demo test check bench servers install-servers install-venv snapshots clean

help: ## Show what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

# uv lives in the virtual environment it manages; bytecode is compiled now, so that no start has to.
.venv/.ready: pyproject.toml uv.lock
	@test -x .venv/bin/pip || $(PYTHON) -m venv .venv >/dev/null 2>&1 || { $(MAKE) --no-print-directory install-venv && $(PYTHON) -m venv .venv; }
	@test -x $(UV) || .venv/bin/python -m pip install --quiet --disable-pip-version-check uv
	@UV_COMPILE_BYTECODE=1 $(UV) sync --quiet --locked --inexact
	@env -u PYTHONDONTWRITEBYTECODE .venv/bin/python -m compileall -q tui
	@touch $@

demo: .venv/.ready ## Start the operations center on its embedded simulated platform
	@.venv/bin/ops-center demo

test: .venv/.ready servers ## Run all tests, against real servers
	@$(RUN) pytest -q

check: .venv/.ready ## Lint, format, types, layers
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .
	@$(RUN) mypy
	@$(RUN) lint-imports
	@$(UV) lock --check --quiet

bench: .venv/.ready ## Measure: start-up, keys under load, idle wire, runbooks
	@for file in tests/bench/[a-z]*.py; do env -u PYTHONDONTWRITEBYTECODE .venv/bin/python -m tests.bench.$$(basename $$file .py); done

snapshots: .venv/.ready ## Accept the screens as they are now, after looking at them
	@$(RUN) pytest -q tests/ui --snapshot-update
	@cp "tests/ui/__snapshots__/test_snapshots/test_overview[disturbed-ops-dark-wide].raw" tests/ui/overview.svg

servers:
	@PATH="$$PATH:/usr/sbin:/sbin"; missing=(); for names in $(SERVERS); do \
	  command -v $${names%/*} $${names#*/} >/dev/null || missing+=($${names%/*}); done; \
	if [ $${#missing[@]} -gt 0 ]; then $(MAKE) --no-print-directory install-servers MISSING="$${missing[*]}"; fi

install-servers:
	@echo "installing: $(MISSING)" >&2; \
	if [ "$$(uname)" = Darwin ]; then \
	  echo "hint: brew install prometheus alertmanager redis victoriametrics node_exporter openssl" >&2; exit 1; \
	elif ! command -v apt-get >/dev/null; then \
	  echo "hint: install $(MISSING) with this system's package manager" >&2; exit 1; \
	fi; \
	if [ "$$(id -u)" = 0 ]; then sudo=; else sudo=sudo; fi; \
	$$sudo apt-get update -qq; \
	mkdir -p .venv; \
	DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 $$sudo apt-get install -y -qq --no-install-recommends $(APT) >.venv/apt.log || { tail -n 20 .venv/apt.log >&2; exit 1; }

# Debian's python3 comes without what makes a virtual environment.
install-venv:
	@if ! command -v apt-get >/dev/null; then echo "hint: install Python's venv module" >&2; exit 1; fi; \
	if [ "$$(id -u)" = 0 ]; then sudo=; else sudo=sudo; fi; \
	echo "installing: python3-venv" >&2; \
	$$sudo apt-get update -qq; \
	DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq --no-install-recommends python3-venv >/dev/null

clean: ## Remove what was set up
	rm -rf .venv dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
