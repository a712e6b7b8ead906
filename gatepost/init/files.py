"""The texts of the files that a setup writes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from textwrap import wrap

from gatepost.errors import SettingsError
from gatepost.init.guesses import Guess

TEST = '''"""Row security, checked on a real database: `gatepost` brings the tests, and starts the server."""

from gatepost.testing.checks import *  # noqa: F403
'''
WORKFLOW = """name: gatepost
on: pull_request
permissions:
  contents: read
jobs:
  row-security:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - run: {install}
      - run: python -m pytest tests/test_row_security.py
"""
HOOK = """  - repo: local
    hooks:
      - id: gatepost
        name: the access rules can be declared
        entry: python -c "import gatepost; gatepost.declared({package})"
        language: system
        pass_filenames: false
        files: \\.py$
"""
ALEMBIC_INI = """[alembic]
script_location = %(here)s/alembic
prepend_sys_path = {path}
path_separator = os

[loggers]
keys = root,alembic

[handlers]
keys = console

[formatters]
keys = generic

[logger_root]
level = WARNING
handlers = console
qualname =

[logger_alembic]
level = INFO
handlers =
qualname = alembic

[handler_console]
class = StreamHandler
args = (sys.stderr,)
level = NOTSET
formatter = generic

[formatter_generic]
format = %(levelname)-5.5s [%(name)s] %(message)s
"""
SCRIPT = '''"""${message}

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}
Create Date: ${create_date}
"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
'''


def settings(models: Sequence[str], policies: str) -> str:
    """Return the section of `pyproject.toml`."""
    named = f'"{models[0]}"' if len(models) == 1 else "[" + ", ".join(f'"{one}"' for one in models) + "]"
    return (
        "[tool.gatepost]\n"
        f"models = {named}\n"
        f'policies = "{policies}"\n'
        'database = "local"  # without an address, commands use the embedded server\n'
    )


def policies(guesses: Sequence[Guess]) -> dict[str, str]:
    """Return the text of each file of `policies/`, by its name: one file for each module of models."""
    files: defaultdict[str, list[Guess]] = defaultdict(list)
    for guess in guesses:
        files[_file(guess.model.module)].append(guess)
    return {name: _policy_file(found) for name, found in sorted(files.items())}


def package(modules: Sequence[str]) -> str:
    """Return the text of the package's `__init__.py`, which imports the models where several modules have them.

    Args:
        modules: The modules of models.
    """
    text = '"""Who may access which rows. Every module of this package counts."""\n'
    if len(modules) > 1:
        text += "\n# The models first: a foreign key gets its type when the table that it names is imported.\n"
        text += "".join(f"import {module}  # noqa: F401\n" for module in modules)
    return text


def _file(module: str) -> str:
    """Return `users.py` for `app.users.models`, and `tables.py` for `app.models`, which says nothing of its own."""
    parts = [part for part in module.split(".")[1:] or [module] if part not in ("models", "model", "tables", "db")]
    return f"{parts[-1] if parts else 'tables'}.py"


def _policy_file(guesses: Sequence[Guess]) -> str:
    words = sorted({"protect"}.union(*(guess.imports for guess in guesses)))
    modules: defaultdict[str, set[str]] = defaultdict(set)
    for guess in guesses:
        modules[guess.model.module].add(guess.model.name)
    imports = [f"from {module} import {', '.join(sorted(names))}" for module, names in sorted(modules.items())]
    statements = "\n\n".join(_statement(guess) for guess in guesses)
    return (
        '"""Who may access which rows: one statement a table, guessed by `gatepost init`. Read each."""\n\n'
        f"from gatepost import {', '.join(words)}\n\n" + "\n".join(imports) + f"\n\n{statements}\n"
    )


def _statement(guess: Guess) -> str:
    lines = (line for asked in guess.questions for line in wrap(asked, 110, break_on_hyphens=False))
    hidden = f"hide=({''.join(f'{guess.model.column(name)}, ' for name in guess.hidden).removesuffix(' ')})"
    arguments = [guess.model.name, *guess.rules, *([hidden] if guess.hidden else [])]
    return "".join(f"# {line}\n" for line in lines) + f"protect({', '.join(arguments)})"


def with_hook(text: str, policies: str = "policies") -> str | None:
    """Return a `.pre-commit-config.yaml` with our hook at its end, or None where its shape is another."""
    if "id: gatepost" in text:
        return text
    found = re.search(r"^repos:[ \t]*\n(?P<indent> *)- ", text, re.MULTILINE)
    if found is None or re.search(r"^[^\s#-]", text[found.start("indent") :], re.MULTILINE):
        return None
    indent = found["indent"]
    hook = HOOK.replace("{package}", "" if policies == "policies" else f"'{policies}'")
    hook = "".join(f"{indent}{line[2:]}" for line in hook.splitlines(keepends=True))
    return f"{text.rstrip()}\n{hook}"


def with_settings(text: str, models: Sequence[str], policies: str) -> str:
    """Return a `pyproject.toml` with our section at its end.

    Raises:
        SettingsError: the file is not TOML.
    """
    import tomllib

    try:
        tool = tomllib.loads(text).get("tool", {})
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f'"pyproject.toml" is not TOML: {error}') from None
    if "gatepost" in tool:
        return text
    return f"{text.rstrip()}\n\n{settings(models, policies)}".lstrip("\n")
