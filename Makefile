# Bookable: `make` says what there is.
PYTHON ?= python3
UV := uv==0.13.8
VENV := .venv
PY := $(VENV)/bin/python
WITH_DATABASE := $(PY) -m portal.database
FLASK := $(WITH_DATABASE) $(PY) -m flask --app wsgi
PORTAL_ENV ?= demo
PROCESSES ?= 2
export PORTAL_ENV

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test bench lint format migrate migration shell backup restore messages lock clean browser

help: ## say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

run: $(VENV)/.runtime static/vendor/.fetched ## serve everything on http://127.0.0.1:8000 (PORT=... overrides)
	@$(PY) -m portal.serve

test: $(VENV)/.dev static/vendor/.fetched browser ## run the tests (t="tests/web -k sign_in" for some of them)
	PORTAL_ENV=test $(COMPILED) $(PY) -m pytest -n $(PROCESSES) --dist loadfile --no-loadscope-reorder $(t)

# The tests start dozens of processes: what the first compiled, the others read, whatever the environment says.
COMPILED = PYTHONDONTWRITEBYTECODE= PYTHONPYCACHEPREFIX=$(CURDIR)/.cache/python

bench: $(VENV)/.dev static/vendor/.fetched ## measure, and print the ratios
	$(PY) -m bench

lint: $(VENV)/.dev ## style, types, directions of dependence, templates, security
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(PY) -m mypy
	$(VENV)/bin/lint-imports --no-cache
	$(PY) -m djlint --quiet --lint templates
	$(PY) -m bandit --quiet --configfile pyproject.toml --recursive portal

format: $(VENV)/.dev ## put the code in shape
	$(PY) -m ruff check --fix-only
	$(PY) -m ruff format

migrate: $(VENV)/.runtime ## bring the database's tables up to date
	$(FLASK) db upgrade

migration: $(VENV)/.runtime ## write a migration for changed tables: make migration m="add rooms"
	@test -n "$(m)" || { echo 'Say what changes: make migration m="add rooms"' >&2; exit 2; }
	$(FLASK) db upgrade
	$(FLASK) db migrate --message "$(m)"

shell: $(VENV)/.runtime ## a Python shell with the application
	$(FLASK) shell

backup: $(VENV)/.runtime ## save the database into backups/
	@$(PY) -m portal.backup save

restore: $(VENV)/.runtime ## put a saved database in place of the present one: make restore f=backups/....dump
	@test -n "$(f)" || { echo 'Say which file: make restore f=backups/....dump' >&2; exit 2; }
	@$(PY) -m portal.backup restore "$(f)"

messages: $(VENV)/.dev ## collect the texts to translate and bring the catalogues up to date
	@mkdir -p portal/translations
	$(VENV)/bin/pybabel --quiet extract --mapping pyproject.toml --keyword lazy_gettext --keyword marked --sort-by-file --no-wrap \
		--omit-header --output portal/translations/messages.pot .
	@for catalogue in portal/translations/*/LC_MESSAGES/messages.po; do \
		test -f "$$catalogue" || continue; \
		$(VENV)/bin/pybabel --quiet update --no-wrap --input-file portal/translations/messages.pot \
			--locale "$$(basename "$$(dirname "$$(dirname "$$catalogue")")")" --output-file "$$catalogue" && \
		$(VENV)/bin/pybabel --quiet compile --input-file "$$catalogue" --output-file "$${catalogue%.po}.mo" || exit; \
	done

lock: $(VENV)/bin/uv ## pin every package anew: requirements*.txt and package-lock.json
	$(LOCK) pyproject.toml --output-file requirements.txt
	$(LOCK) pyproject.toml --group dev --output-file requirements-dev.txt
	npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved --no-audit --no-fund
# No registry address may enter: everyone installs from the registry of their own configuration.
LOCK = $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade \
	--no-header --no-annotate --no-emit-index-url --no-emit-find-links

clean: ## remove everything that can be made again; the database and the backups stay
	rm -rf $(VENV) node_modules static/vendor .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find portal tests bench migrations -name __pycache__ -prune -exec rm -rf {} +

browser: $(VENV)/.dev static/vendor/.fetched
	@$(PY) -m tests.chromium

$(VENV)/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo 'Python 3.11 or later is needed, and $(PYTHON) is not that: make PYTHON=/path/to/python3.11 ...' >&2; exit 2; }
	@echo 'Making $(VENV) ...'
	@$(PYTHON) -m venv $(VENV) || { echo 'On Debian and Ubuntu: apt install python3-venv' >&2; exit 2; }
	@$(PY) -m pip install --quiet --disable-pip-version-check $(UV)

# pip is slower, but runs where uv has no build.
INSTALL = $(VENV)/bin/uv pip install --quiet --python $(PY) --require-hashes --requirement $< || \
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $<

$(VENV)/.runtime: requirements.txt $(VENV)/bin/uv
	@echo 'Installing what the portal needs ...'
	@$(INSTALL)
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/bin/uv
	@echo 'Installing what development needs ...'
	@$(INSTALL)
	@touch $@ $(VENV)/.runtime

static/vendor/.fetched: package-lock.json portal/frontend.py $(VENV)/.runtime
	@$(PY) -m portal.frontend
	@touch $@
