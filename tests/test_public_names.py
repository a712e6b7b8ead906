import ast
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import gatepost
from gatepost import testing, transfer

HEAVY = (
    *("sqlalchemy", "sqlmodel", "alembic", "alembic_utils", "supabase", "psycopg2", "rich", "typer", "sqlglot"),
    *("gatepost.analysis", "gatepost.observation"),
)

PACKAGES = pytest.mark.parametrize("package", [gatepost, testing, transfer], ids=lambda package: package.__name__)


@PACKAGES
def test_all_is_what_can_be_imported(package):
    assert sorted(package.__all__) == package.__all__ == dir(package)
    for name in package.__all__:
        assert getattr(package, name) is not None


@PACKAGES
def test_a_public_thing_lives_where_it_says(package):
    for name, home in package._HOMES.items():
        found = getattr(package, name)
        theirs = home == "sqlalchemy"
        assert theirs or getattr(found, "__module__", home) in (home, "collections.abc")
    assert set(package._HOMES) == set(package.__all__)


@PACKAGES
def test_no_module_hides_a_public_thing(package):
    """A module that is imported becomes an attribute of its package, and would stand in the place of the thing."""
    assert {module.name for module in pkgutil.iter_modules(package.__path__)}.isdisjoint(package.__all__)


@PACKAGES
def test_a_type_checker_sees_the_same_names(package):
    tree = ast.parse(Path(package.__file__).read_text())
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    homes = {alias.name: node.module for node in block.body for alias in node.names}
    assert homes == package._HOMES


@PACKAGES
def test_an_unknown_name_is_an_attribute_error(package):
    with pytest.raises(AttributeError, match="nothing"):
        package.nothing  # noqa: B018


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


@pytest.mark.subprocess
def test_a_pytest_that_uses_no_fixture_of_ours_needs_no_driver():
    assert loaded_by("import gatepost.testing.plugin") == []


@pytest.mark.subprocess
def test_a_process_that_casts_needs_no_driver():
    assert loaded_by("from gatepost.transfer.parallel import worker_process") == []
