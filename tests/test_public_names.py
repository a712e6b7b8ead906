import ast
import subprocess
import sys
from pathlib import Path

import pytest

import gatepost

HEAVY = ("sqlalchemy", "sqlmodel", "alembic", "alembic_utils", "supabase", "psycopg2", "rich", "typer", "sqlglot")


def test_all_is_what_can_be_imported():
    assert sorted(gatepost.__all__) == gatepost.__all__ == dir(gatepost)
    for name in gatepost.__all__:
        assert getattr(gatepost, name) is not None


def test_a_public_thing_lives_where_it_says():
    for name, home in gatepost._HOMES.items():
        found = getattr(gatepost, name)
        assert getattr(found, "__module__", home) == home
    assert set(gatepost._HOMES) == set(gatepost.__all__)


def test_a_type_checker_sees_the_same_names():
    tree = ast.parse(Path(gatepost.__file__).read_text())
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    homes = {alias.name: node.module for node in block.body for alias in node.names}
    assert homes == gatepost._HOMES


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nothing"):
        gatepost.nothing  # noqa: B018


def loaded_by(statement):
    code = f"import sys\n{statement}\nprint(*(name for name in {HEAVY!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.subprocess
def test_importing_the_library_imports_nothing_heavy():
    assert loaded_by("import gatepost, gatepost.errors, gatepost.sql, gatepost.schema") == []


@pytest.mark.subprocess
def test_reading_a_declaration_needs_no_driver():
    assert set(loaded_by("from gatepost import protect, declared")) <= {"sqlalchemy"}
