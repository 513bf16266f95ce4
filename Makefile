# What a newcomer needs: `make test` and `make demo` do all their own set-up, with nothing but Python (3.10 or newer).

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
PROCESSES ?= auto
DJANGOS ?= 4.2 5.2 6.1

.PHONY: help test lint unit django pages demo bench clean

help:
	@echo 'make demo   check the example deployment in examples/shop and print its budget'
	@echo 'make test   everything a change must pass: style, types, the direction of imports, the test suite'
	@echo 'make django DJANGOS="4.2 5.2"   the tests of the Django app under these versions; 6.0 and newer need PYTHON=python3.12'
	@echo 'make pages  write the outputs of the examples into the rule pages; read the difference before you commit it'
	@echo 'make bench TREES="path ..."   compare the cost with ruff and rg on the trees you name'

test: lint unit

lint: $(VENV)/development
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: $(VENV)/development
	$(BIN)/pytest --numprocesses=$(PROCESSES) --dist=loadgroup

# Each version in an environment of its own; `make test` runs the same tests with the newest that its Python can have.
django: $(DJANGOS:%=django-%)

django-%: $(VENV)-django-%/installed
	$(VENV)-django-$*/bin/pytest --numprocesses=$(PROCESSES) --dist=loadgroup tests/django tests/test_pytest_plugin.py

.PRECIOUS: $(VENV)-django-%/installed
$(VENV)-django-%/installed: pyproject.toml
	test -x $(@D)/bin/python || $(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(@D)/bin/python -m pip install --quiet --editable '.[pytest]' 'django~=$*.0' 'psycopg[binary]' PyMySQL pytest-xdist hypothesis
	touch $@

pages: $(VENV)/development
	CONNLINT_UPDATE_PAGES=1 $(BIN)/pytest -q tests/test_rulebook.py tests/test_documents.py tests/test_configuration_reference.py

# The example has mistakes, and says so with exit code 1: only that is a success here.
demo: $(VENV)/package
	@echo '$$ connlint check examples/shop'
	@$(BIN)/connlint check examples/shop; test $$? -eq 1
	@echo
	@echo '$$ connlint budget examples/shop'
	@$(BIN)/connlint budget examples/shop

bench: $(VENV)/development
	$(BIN)/python bench/run.py $(TREES)

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# Older versions of pip know no dependency groups, hence the first upgrade.
$(VENV)/package: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("connlint needs Python 3.10 or newer, and $(PYTHON) is " + sys.version.split()[0] + "; set PYTHON=" if sys.version_info < (3, 10) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --upgrade 'pip>=25.1'
	$(PIP) install --quiet --editable .
	touch $@

$(VENV)/development: $(VENV)/package
	$(PIP) install --quiet --group dev
	touch $@
