# Everything a newcomer runs. Needs only python3 (3.11 or later) and make.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
WORKERS ?= 2

.PHONY: help run demo env test style check bench lock clean

help: ## list the targets
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/'

run: env ## start the hall: http://127.0.0.1:8700
	$(RUN) main.py serve

demo: env ## the same with a simulated day running live
	$(RUN) main.py demo

env: $(VENV)/.ready ## make the environment only

$(VENV)/.ready: requirements.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "needs Python 3.11 or later")'
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.ready-dev: $(VENV)/.ready requirements-dev.txt
	$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

test: $(VENV)/.ready-dev ## every test that this machine can run
	$(RUN) -m pytest -n $(WORKERS) --dist loadgroup

style: $(VENV)/.ready-dev ## format, lint, types, floors
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

check: style ## the same, and the tests that need no service
	$(RUN) -m pytest -n $(WORKERS) --dist loadgroup -m 'not bench and not postgres and not browser and not slow'

bench: $(VENV)/.ready-dev ## measure; figures go to docs/benchmarks.md
	$(RUN) -m pytest -m bench -p no:xdist -s --timeout 3600

lock: $(VENV)/.ready-dev ## resolve the pinned, hashed requirements again
	$(VENV)/bin/pip-compile $(LOCK) -o requirements.txt requirements.in
	$(VENV)/bin/pip-compile $(LOCK) -o requirements-dev.txt requirements-dev.in

LOCK := --quiet --upgrade --generate-hashes --allow-unsafe --strip-extras --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host

clean: ## remove the environment and caches; data in var/ stays
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
