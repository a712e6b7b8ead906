# make demo       what Gatepost does, on this machine, with nothing installed but Python, git and make
# make test       the test suite, but for what is slow
# make test-slow  the rest: kills, browsers, runs of pytest inside a test, much fuzzing
# make quick      what needs neither a server nor another interpreter, in seconds
# make lint       ruff and mypy

PYTHON ?= python3
BIN := .venv/bin
# The suite starts many interpreters: where bytecode is not kept, each compiles everything anew.
PYTEST := PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest

.PHONY: demo test test-slow quick lint clean

demo: .venv/demo
	$(BIN)/gatepost demo

test: .venv/dev
	$(PYTEST) -n auto -m 'not slow'

test-slow: .venv/dev
	$(PYTEST) -n auto -m slow

quick: .venv/dev
	$(PYTEST) -n auto -m 'not server and not subprocess and not slow'

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean:
	rm -rf .venv

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'Gatepost needs Python 3.11 or newer: make PYTHON=python3.12 demo' >&2; exit 2; }
	$(PYTHON) -m venv .venv

.venv/demo: pyproject.toml constraints.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[local]'
	@touch $@

.venv/dev: pyproject.toml constraints.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@
