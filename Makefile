# `make run` serves omnibot from this checkout, `make test` proves it. Both install what they need into .venv.

MAKEFLAGS += --no-print-directory
BIN := .venv/bin
INSTALL = $(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt
ARGS ?=

.DELETE_ON_ERROR:
.PHONY: run test format clean

run: .venv/installed-to-run
	@$(BIN)/omnibot serve $(ARGS)

test: .venv/installed-to-test
	@scripts/install-browser
	@scripts/check

format: .venv/installed-to-test
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

clean:
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +
	find src -name '*.mo' -delete

# The stamps make the second run start at once; pip runs again when a dependency or a text changes.
.venv/installed-to-run: pyproject.toml constraints.txt $(wildcard src/omnibot/texts/*/LC_MESSAGES/*.po) | $(BIN)/python
	@echo "Installing omnibot into .venv (once, about a minute) ..."
	@$(INSTALL) -e .
	@touch $@

.venv/installed-to-test: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing omnibot and its test tools into .venv (once, about two minutes) ..."
	@$(INSTALL) -e '.[scaled,fast,test,lint]'
	@touch $@ .venv/installed-to-run

$(BIN)/python:
	@for python in python3.11 python3.12 python3.13 python3.14 python3; do \
	  if $$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    exec $$python -m venv .venv; \
	  fi; \
	done; \
	echo "omnibot needs Python 3.11 or newer with its venv module (on Debian: apt-get install python3 python3-venv)." >&2; exit 1
