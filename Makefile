# make demo       what Gatepost does, on this machine, with nothing installed but Python, git and make
# make test       the test suite, but for what is slow
# make test-slow  the rest: kills, browsers, runs of pytest inside a test, much fuzzing
# make quick      what needs neither a server nor another interpreter, in seconds
# make test-lowest  the quick tests and those of migrations, on the oldest dependencies that pyproject.toml takes
# make docs       the documentation as a site, in site/
# make lint       ruff and mypy

PYTHON ?= python3
BIN := .venv/bin
# The suite starts many interpreters: where bytecode is not kept, each compiles everything anew.
PYTEST := PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest

.PHONY: demo test test-slow test-lowest quick docs lint clean

demo: .venv/demo
	$(BIN)/gatepost demo

test: .venv/dev
	$(PYTEST) -n auto -m 'not slow'

test-slow: .venv/dev
	$(PYTEST) -n auto -m slow

quick: .venv/dev
	$(PYTEST) -n auto -m 'not server and not subprocess and not slow'

# Tools are the newest there are: pytest and click's CliRunner are not what is tried.
test-lowest: .venv-lowest/lowest
	.venv-lowest/bin/python -m pytest -n auto -o filterwarnings= -m 'not server and not subprocess and not slow'
	.venv-lowest/bin/python -m pytest -n auto -o filterwarnings= -m 'not slow' tests/migrate tests/history tests/canonical tests/init

docs: .venv/dev
	$(BIN)/python -m mkdocs build

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean:
	rm -rf .venv .venv-lowest

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'Gatepost needs Python 3.11 or newer: make PYTHON=python3.12 demo' >&2; exit 2; }
	$(PYTHON) -m venv .venv

.venv/demo: pyproject.toml constraints.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

.venv/dev: pyproject.toml constraints.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

.venv-lowest/lowest: pyproject.toml
	$(PYTHON) -m venv .venv-lowest
	.venv-lowest/bin/python -m pip install --quiet --disable-pip-version-check uv
	.venv-lowest/bin/uv pip install --quiet --python .venv-lowest/bin/python --resolution lowest-direct -e '.[adopt,api,async,mcp]'
	.venv-lowest/bin/uv pip install --quiet --python .venv-lowest/bin/python 'click>=8.2' httpx2 pytest pytest-xdist
	@touch $@
