"""What `alembic revision --autogenerate` writes with this project's template."""

import ast
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from alembic import command


@pytest.fixture
def written(postgresql, root, tmp_path):
    """The first revision of a project that has these models and no history yet."""
    scripts = tmp_path / "alembic"
    shutil.copytree(root / "alembic", scripts, ignore=shutil.ignore_patterns("versions", "__pycache__"))
    (scripts / "versions").mkdir()
    config = replace(postgresql, scripts=scripts).config()
    with postgresql.aimed():
        return command.revision(config, "All the tables", autogenerate=True)


def test_it_holds_plain_sqlalchemy_types_and_no_import_of_ours_but_for_row_security(written):
    tree = ast.parse(Path(written.path).read_text())
    imported = {
        alias.name if isinstance(node, ast.Import) else f"{node.module}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert {name for name in imported if name.split(".")[0] in {"sqlmodel", "models", "policies"}} == set()
    assert {"sqlalchemy", "alembic"} <= imported


def test_it_makes_every_table_with_named_constraints(written):
    code = Path(written.path).read_text()
    assert code.count("op.create_table(") == 14
    assert code.count("sa.PrimaryKeyConstraint(") == code.count("name=op.f('pk_") == 14
    assert "sa.Identity(always=False" in code
    assert "postgresql.JSONB" in code


def test_it_carries_no_time_of_writing(written):
    assert "Create Date" not in Path(written.path).read_text()


@pytest.mark.subprocess
def test_it_can_be_linted(written):
    outcome = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "F", "--quiet", written.path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.stdout == ""
