# What a person types. Everything is installed into .venv beside this file; nothing else on the machine is touched.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.lock

.PHONY: help demo test test-whoosh3 check format catalogue lock clean

help:            ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## /make \1\t/p' $(MAKEFILE_LIST)

demo: $(VENV)/.demo  ## harvest, index, search and export a small bundled sample web
	@$(BIN)/python -m tests.sample_web.demo

test: $(VENV)/.dev   ## run the tests
	$(BIN)/python -m pytest -n 2

test-whoosh3: $(VENV)/.dev  ## run the search tests against whoosh3, the fork that may one day take over
	$(PYTHON) -m venv $(VENV)-whoosh3
	$(VENV)-whoosh3/bin/python -m pip install --quiet --disable-pip-version-check -c requirements.lock -e '.[dev]'
	$(VENV)-whoosh3/bin/python -m pip uninstall --quiet --yes whoosh
	$(VENV)-whoosh3/bin/python -m pip install --quiet --disable-pip-version-check whoosh3
	$(VENV)-whoosh3/bin/python -m pytest tests/test_engine.py tests/test_index_writer.py tests/test_search_commands.py

check: $(VENV)/.dev  ## ruff, mypy (strict) and the rooms' import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev ## let ruff mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

catalogue: $(VENV)/.dev  ## write docs/catalogue.md anew from config/sources
	@$(BIN)/python -m config.catalogue_table > docs/catalogue.md

lock: $(VENV)/.dev   ## renew requirements.lock from pyproject.toml
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --no-annotate --upgrade \
	    --no-emit-index-url --custom-compile-command "make lock" --output-file requirements.lock

clean:           ## remove what make made
	rm -rf $(VENV) $(VENV)-whoosh3 demo-output build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# Debian keeps ensurepip in a package of its own; where that is missing, the system's pip fills the environment.
$(BIN)/python:
	@echo "Making $(VENV) …" >&2
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 \
	  || { rm -rf $(VENV); $(PYTHON) -m venv --without-pip $(VENV) \
	       && $(PYTHON) -m pip --python $(BIN)/python install --quiet pip; } \
	  || { rm -rf $(VENV); echo "make: no virtual environment could be made; on Debian: apt install python3-venv" >&2; exit 1; }

$(VENV)/.demo: $(BIN)/python pyproject.toml requirements.lock
	@echo "Installing Commdex into $(VENV) (the first time only) …" >&2
	@$(PIP_INSTALL) -e '.[demo]'
	@touch $@

$(VENV)/.dev: $(BIN)/python pyproject.toml requirements.lock
	@echo "Installing Commdex and its test tools into $(VENV) (the first time only) …" >&2
	@$(PIP_INSTALL) -e '.[dev]'
	@touch $@ $(VENV)/.demo
