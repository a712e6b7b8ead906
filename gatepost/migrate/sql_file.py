"""Run the statements of a SQL file inside a revision."""

from __future__ import annotations

from pathlib import Path

from alembic import op
from sqlalchemy import DDL

from gatepost.sql_script import statements


def execute_file(path: Path) -> None:
    """Run every statement of a SQL file, in the revision's transaction; `--sql` writes them out.

    Args:
        path: The file.

    Raises:
        ScriptError: the file holds something for psql, or a quote without an end.
    """
    for one in statements(path.read_text(encoding="utf-8"), path.name):
        op.execute(DDL(one.text.replace("%", "%%")))  # type: ignore[no-untyped-call]
