# LRIS: `make run` brings everything up on a bare machine, `make test` checks everything.
# Both first install what is missing; what is there already is left alone.

PLACE ?= demo-city
ONLY ?=

PYTHON := $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$python && break; done)
BIN := .venv/bin
NPM := PATH="$(CURDIR)/$(BIN):$$PATH" npm --prefix api/web
LOCKING := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-annotate --quiet

.DEFAULT_GOAL := help
.PHONY: help run test check bench web provision provision-checks python lock clean
.SUFFIXES:

help: ## Show what there is
	@sed -n 's/^\([a-z]*\):[^#]*## /\1\t/p' Makefile | while IFS='	' read -r name text; do \
		printf '  make %-10s %s\n' "$$name" "$$text"; done

run: provision ## Bring LRIS up with the data of PLACE, on 127.0.0.1 and port LRIS_PORT (8000)
	@exec $(BIN)/lris up --place '$(PLACE)'

test: provision-checks check ## Check everything: style, types, the page, and all tests
	@$(NPM) test --silent
	@$(BIN)/pytest -n 2 --dist loadfile

check: provision-checks ## Check style and types alone
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

bench: provision-checks ## Time the main work beside other programs (ONLY=placing for one part)
	@$(BIN)/python -c 'import tomllib; groups = tomllib.load(open("pyproject.toml", "rb")); \
		print(*groups["dependency-groups"]["bench"], sep="\n")' \
		| $(BIN)/python -m pip install --quiet --disable-pip-version-check -r /dev/stdin \
		|| echo '• Some programs to compare with could not be installed; the tables name them' >&2
	@$(BIN)/python -m tests.bench $(ONLY)

web: provision ## Build the page where its sources are newer

provision: python ## Install what is missing: PostGIS, the Python environment, the page
	@$(PYTHON) -m lris.store.provision

provision-checks: python
	@$(PYTHON) -m lris.store.provision --checks

python:
	@test -n '$(PYTHON)' || { \
		echo '✗ LRIS needs Python 3.11 or later, and there is none on PATH: install it.' >&2; exit 1; }

lock: ## Choose the versions of both lock files anew (needs uv)
	@$(LOCKING) --group build -o requirements.lock
	@$(LOCKING) --group dev -c requirements.lock -o requirements-dev.lock

clean: ## Remove the Python environment and what was built; LRIS_HOME stays
	@rm -rf .venv api/web/dist api/web/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
