# LRIS: `make run` brings everything up on a bare machine, `make test` checks everything.
# Both first install what is missing; what is there already is left alone.

PLACE ?= demo-city
ONLY ?=

PYTHON := $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$python && break; done)
BIN := .venv/bin
NPM := PATH="$(CURDIR)/$(BIN):$$PATH" npm --prefix api/web
WEB := $(shell find api/web \( -name node_modules -o -name dist \) -prune -o -type f -print)

.DEFAULT_GOAL := help
.PHONY: help run test check bench web provision lock clean
.SUFFIXES:

help: ## Show what there is
	@sed -n 's/^\([a-z]*\):[^#]*## /\1\t/p' Makefile | while IFS='	' read -r name text; do \
		printf '  make %-10s %s\n' "$$name" "$$text"; done

run: provision web ## Bring LRIS up with the data of PLACE, on 127.0.0.1 and port LRIS_PORT (8000)
	@exec $(BIN)/lris up --place '$(PLACE)'

test: provision web check ## Check everything: style, types, the page, and all tests
	@$(NPM) test --silent
	@$(BIN)/pytest -n 2 --dist loadfile

check: provision ## Check style and types alone
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

bench: provision ## Time the main work beside other programs (ONLY=placing for one part)
	@$(BIN)/python -c 'import tomllib; groups = tomllib.load(open("pyproject.toml", "rb")); \
		print(*groups["dependency-groups"]["bench"], sep="\n")' \
		| $(BIN)/python -m pip install --quiet --disable-pip-version-check -r /dev/stdin \
		|| echo '• Some programs to compare with could not be installed; the tables name them' >&2
	@$(BIN)/python -m tests.bench $(ONLY)

web: api/web/dist/index.html ## Build the page where its sources are newer

api/web/dist/index.html: api/web/node_modules/.package-lock.json $(WEB) | provision
	@echo "• Building the page"
	@$(NPM) run build --silent

api/web/node_modules/.package-lock.json: api/web/package.json api/web/package-lock.json | provision
	@echo "• Installing the page's JavaScript packages: about 60 MB to download"
	@$(NPM) ci --no-audit --no-fund
	@touch $@

provision: ## Install what is missing: PostGIS, the Python environment, the command .venv/bin/lris
	@test -n '$(PYTHON)' || { \
		echo '✗ LRIS needs Python 3.11 or later, and there is none on PATH: install it.' >&2; exit 1; }
	@$(PYTHON) -m lris.store.provision

lock: ## Choose the versions of requirements.lock anew (needs uv)
	@uv pip compile pyproject.toml --group dev --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-header --no-annotate --quiet \
		-o requirements.lock

clean: ## Remove the Python environment and what was built; LRIS_HOME stays
	@rm -rf .venv api/web/dist api/web/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
