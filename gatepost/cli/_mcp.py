"""The tools that an agent may call: check SQL, ask who can do what, explain a rule. None of them opens a database."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Literal


def check_sql(sql: str) -> str:
    """Check SQL for row level security.

    The SQL (tables, policies, grants, functions) is run on a temporary PostgreSQL shaped like a Supabase project, rows
    are planted, and every command is tried as anon, as users who are strangers to each other, and as others.

    Args:
        sql: The whole schema, such as all migrations in their order.
    """
    return _on(sql, "check", "--format", "markdown")


def who_can(
    sql: str, table: str, command: Literal["select", "insert", "update", "delete"] | None = None, persona: str = ""
) -> str:
    """Answer who can read or write which rows of a table, and which policy decides it.

    Args:
        sql: The whole schema, such as all migrations in their order.
        table: The table, as schema.name; without a schema, in public.
        command: Only this command.
        persona: Only this persona: anon, ann, bob, admin, service_role.
    """
    return _on(
        sql, "who-can", table, *([command] if command else []), *(["--as", persona] if persona else []), option="--on"
    )


def explain_rule(name: str = "") -> str:
    """Explain a rule of Gatepost by its name, with an example and its fix; without a name, list the rules.

    Args:
        name: The rule, as a finding names it.
    """
    return _run("rules", *([name] if name else []))


def _on(sql: str, command: str, *arguments: str, option: str = "") -> str:
    with tempfile.TemporaryDirectory(prefix="gatepost-mcp-") as folder:
        file = Path(folder) / "schema.sql"
        file.write_text(sql, encoding="utf-8")
        return _run(command, *arguments, *([option] if option else []), file.name, folder=folder)


def _run(*arguments: str, folder: str | None = None) -> str:
    """Return what a command prints, in a process without an address, in a folder without a project."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_", "DB_", "PG"))}
    done = subprocess.run(  # noqa: S603  # our own program
        [sys.executable, "-m", "gatepost.cli", *arguments],
        cwd=folder or tempfile.gettempdir(),
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout if done.returncode in (0, 1) else done.stderr
