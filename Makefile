# Sets everything up by itself on a machine that has Python 3.11 with venv, and make. `make help` lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --no-input --disable-pip-version-check
CODE := src tests benchmarks

# PACKAGE:COMMAND pairs of Debian.
CLIENTS := docker.io:dockerd docker.io:docker podman:podman buildah:buildah skopeo:skopeo umoci:umoci nginx-light:nginx
PEERS := docker-registry:docker-registry wrk:wrk hey:hey curl:curl

.PHONY: help serve test check format coverage bench scaling lock clean

help: ## list the targets
	@grep -hE '^[a-z]+:.* ## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.* ## /\1\t/' | expand -t 12

serve: $(VENV)/.runtime ## run the registry on 127.0.0.1:8080 with its data in ./data (PIERONE_* variables change it)
	exec $(BIN)/pierone-server serve

test: $(VENV)/.dev ## install what the tests need, then `make check` and every test (PYTEST_FLAGS="-n 2 -k tag")
	scripts/require-commands $(CLIENTS)
	$(MAKE) --no-print-directory check
	$(BIN)/python -m pytest $(PYTEST_FLAGS)

check: export PYTHONWARNINGS := error
check: $(VENV)/.dev ## lint, format, types and architecture; a warning fails it
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict $(CODE)
	$(BIN)/lint-imports --no-logo

format: $(VENV)/.dev ## rewrite the code the way `make check` wants it, as far as ruff can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

coverage: $(VENV)/.dev ## every test with branch coverage, servers in child processes included
	scripts/require-commands $(CLIENTS)
	$(BIN)/python -m pytest --cov $(PYTEST_FLAGS)

bench: $(VENV)/.dev ## measure side by side with docker-registry (BENCH_FLAGS)
	scripts/require-commands $(PEERS)
	$(BIN)/python -m benchmarks $(BENCH_FLAGS)

scaling: $(VENV)/.dev ## measure what more tags, repositories, clients and larger layers cost (BENCH_FLAGS)
	scripts/require-commands wrk:wrk hey:hey curl:curl
	$(BIN)/python -m benchmarks --scaling $(BENCH_FLAGS)

# The output files are read as well: a version that still fits stays. LOCK_FLAGS=--upgrade takes the newest of all.
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--custom-compile-command "make lock" $(LOCK_FLAGS)
lock: $(VENV)/.dev ## resolve pyproject.toml anew into the lock files (LOCK_FLAGS=--upgrade)
	$(COMPILE) pyproject.toml --extra server --output-file requirements.lock
	$(COMPILE) --group build --output-file requirements-build.lock
	$(COMPILE) pyproject.toml --extra server --extra dev --group build --constraint requirements.lock \
		--constraint requirements-build.lock --output-file requirements-dev.lock

clean: ## remove the virtual environment, caches and builds; never ./data
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage* htmlcov build dist
	find $(CODE) -name __pycache__ -prune -exec rm -rf {} +

# Empty files in the environment, one per step that is done: what has not changed is not installed again.
$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed: make PYTHON=...") if sys.version_info < (3, 11) else 0'
	$(PYTHON) -m venv --clear $(VENV)
	@touch $@

# Without build isolation nothing is downloaded that no lock file names. The lock files are complete, so pip resolves nothing:
# its resolver refuses a locked package that another one wants with an extra, as soon as a newer release of it is out.
$(VENV)/.runtime: $(VENV)/.created requirements.lock requirements-build.lock pyproject.toml
	$(PIP_INSTALL) --no-deps --require-hashes -r requirements.lock -r requirements-build.lock
	$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.lock
	$(PIP_INSTALL) --no-deps --require-hashes -r requirements-dev.lock
	@touch $@
