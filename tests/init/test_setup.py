"""A setup of projects as people write them: what is found, guessed, asked, changed, and left alone."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from gatepost.errors import SettingsError
from gatepost.init import plan_setup
from gatepost.init.files import with_hook
from gatepost.init.find_models import find_models
from gatepost.init.indexes import with_index

MODELS = """
import uuid
from sqlmodel import Field, MetaData, SQLModel
from sqlalchemy.orm import registry

class Own(SQLModel, registry=registry()):
    pass

class User(Own, table=True):
    id: uuid.UUID = Field(default_factory=uuid.uuid4, primary_key=True)
    email: str
    hashed_password: str
    is_superuser: bool = False

class Item(Own, table=True):
    id: int = Field(primary_key=True)
    owner_id: uuid.UUID = Field(
        foreign_key="user.id",
        ondelete="CASCADE",
    )

class Tag(Own, table=True):
    id: int = Field(primary_key=True)
    item_id: int = Field(foreign_key="item.id")

class Plan(Own, table=True):
    id: int = Field(primary_key=True)
    name: str

class Visit(Own, table=True):
    id: int = Field(primary_key=True)
    user_id: int
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Write a project whose package has a name of its own, because modules stay imported."""
    monkeypatch.setattr(sys, "path", [*sys.path])

    def made(package, files):
        (tmp_path / "pyproject.toml").write_text('[project]\nname = "app"\nversion = "1"\n')
        for name, text in {"__init__.py": "", **files}.items():
            path = tmp_path / package / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path

    return made


def texts(setup):
    return {change.path.relative_to(setup.root).as_posix(): change.after for change in setup.changes}


def test_statements_are_guessed_and_doubts_are_asked(project):
    setup = plan_setup(project("shop_one", {"models.py": MODELS}))
    found = texts(setup)
    policies = found["policies/tables.py"]
    assert "protect(Item, owner(Item.owner_id))" in policies
    assert (
        "# Everybody who reads a row of item reads its rows here. Who writes them?\nprotect(Tag, through(" in policies
    )
    assert "Who may read or write plan?" in policies
    assert '"visit.user_id" is no uuid' in policies
    assert 'protect(User, owner(User.id, "select"), hide=(User.hashed_password,))' in policies
    assert '    ondelete="CASCADE",\n        index=True,\n    )' in found["shop_one/models.py"]
    assert 'models = "shop_one.models"' in found["pyproject.toml"]
    assert "from shop_one.models import Own\n" in found["alembic/env.py"]
    assert setup.by_hand == ()


def test_a_second_run_has_nothing_to_do(project):
    root = project("shop_two", {"models.py": MODELS})
    plan_setup(root).write()
    assert plan_setup(root).changes == ()


def test_what_a_project_has_stays(project):
    root = project("shop_three", {"models.py": MODELS})
    (root / "policies").mkdir()
    (root / "tests").mkdir()
    (root / "tests" / "test_row_security.py").write_text("mine = 1\n")
    (root / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s/migrations\n")
    (root / "migrations").mkdir()
    (root / "migrations" / "env.py").write_text(
        "from alembic import context\ntarget_metadata = None\n"
        "def run_migrations_online():\n    context.run_migrations()\n\nrun_migrations_online()\n"
    )
    (root / ".pre-commit-config.yaml").write_text("repos:\n- repo: local\n  hooks: []\n")
    found = texts(plan_setup(root))
    assert set(found) == {
        ".github/workflows/gatepost.yml",
        ".pre-commit-config.yaml",
        "migrations/env.py",
        "pyproject.toml",
    }
    assert found[".pre-commit-config.yaml"].count("\n- repo: local") == 2
    assert found["migrations/env.py"].endswith('run(context, Own.metadata, policies="policies")\n')


@pytest.mark.parametrize(
    ("there", "package"),
    [
        ({"policies/__init__.py": "", "policies/refund.py": "DAYS = 30\n"}, "row_policies"),
        ({"policies.py": "DAYS = 30\n"}, "row_policies"),
        ({"policies/__init__.py": "", "policies/all.py": "from gatepost import protect\n"}, None),
        ({"policies/__init__.py": ""}, None),
    ],
    ids=["a package", "a module", "of Gatepost", "empty"],
)
def test_policies_of_another_meaning_stay(project, there, package):
    root = project(f"shop_with_{len(str(there))}", {"models.py": MODELS})
    for name, text in there.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text)
    (root / ".pre-commit-config.yaml").write_text("repos:\n- repo: local\n  hooks: []\n")
    setup = plan_setup(root)
    found = texts(setup)
    assert {name for name in found if "policies" in name} == (
        {f"{package}/__init__.py", f"{package}/tables.py"} if package else set()
    )
    assert f'policies="{setup.policies}")' in found["alembic/env.py"]
    assert f'policies = "{setup.policies}"' in found["pyproject.toml"]
    assert (f"gatepost.declared('{package}')" if package else "gatepost.declared()") in found[".pre-commit-config.yaml"]
    setup.write()
    assert plan_setup(root).changes == ()


def test_models_in_several_modules_and_revisions_that_are_there(project):
    """A foreign key has no type until the module of the table that it names is imported."""
    base = "from sqlalchemy.orm import DeclarativeBase\n\n\nclass Base(DeclarativeBase):\n    pass\n"
    table = (
        "import uuid\nfrom sqlalchemy import ForeignKey\nfrom sqlalchemy.orm import Mapped, mapped_column\n"
        "from shop_parts.base import Base\n\n\nclass {0}(Base):\n    __tablename__ = '{0}'\n    {1}\n"
    )
    item = "owner_id: Mapped[uuid.UUID] = mapped_column(ForeignKey('User.id'), index=True, primary_key=True)"
    files = {"base.py": base, "items/__init__.py": "", "users/__init__.py": ""}
    files["items/models.py"] = table.format("Item", item)
    files["users/models.py"] = table.format("User", "id: Mapped[uuid.UUID] = mapped_column(primary_key=True)")
    root = project("shop_parts", files)
    assert plan_setup(root).revised is False
    for name, text in {"alembic.ini": "[alembic]\n", "env.py": "import gatepost.migrate", "versions/a.py": ""}.items():
        path = root / name if name == "alembic.ini" else root / "alembic" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    setup = plan_setup(root)
    assert setup.revised is True
    setup.write()
    code = "import gatepost; print(len(gatepost.declared().tables))"
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("2\n", "")


def test_a_project_without_tables_is_an_error(tmp_path):
    with pytest.raises(SettingsError, match="has tables") as refused:
        plan_setup(tmp_path)
    assert "--models" in refused.value.hint


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"app/models.py": "sql"}, ("app.models",)),
        (
            {"src/shop/users/models.py": "core", "src/shop/items/tables.py": "sql"},
            ("shop.items.tables", "shop.users.models"),
        ),
        ({"app/models/user.py": "sql", "app/models/item.py": "core", "app/models/__init__.py": ""}, ("app.models",)),
        ({"app/main.py": "", "tests/models.py": "sql", "venv/pyvenv.cfg": "", "venv/m.py": "sql"}, ()),
        ({"schema.py": "table", "broken.py": "x = = 1"}, ("schema",)),
    ],
)
def test_models_are_found_without_an_import(tmp_path, files, found):
    kinds = {
        "sql": "raise SystemExit\nclass A(SQLModel, table=True):\n    id: int",
        "core": "class B(Base):\n    __tablename__ = 'b'",
        "table": "a = Table('a', metadata)",
    }
    for name, kind in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(kinds.get(kind, kind))
    assert find_models(tmp_path) == found


@pytest.mark.parametrize(
    ("column", "written"),
    [
        ("a: int = Field()", "a: int = Field(index=True)"),
        ("a = mapped_column(ForeignKey('ä.id'))", "a = mapped_column(ForeignKey('ä.id'), index=True)"),
        ("a: int = Field(index=False)", None),
        ("a: int = Field(sa_column=Column())", None),
        ("a: int", None),
        (
            "a: int = Field(\n        default=1,\n    )",
            "a: int = Field(\n        default=1,\n        index=True,\n    )",
        ),
    ],
)
def test_an_index_is_added_where_the_column_is_written(column, written):
    before = f"class A:\n    b: int = Field()\n    {column}\n\nx = 1\n"
    after = with_index(before, "A", "a")
    assert after == (None if written is None else before.replace(column, written))


@pytest.mark.parametrize("text", ["repos: []\n", "repos:\n- repo: x\nfail_fast: true\n"])
def test_a_hook_is_left_out_where_the_file_has_another_shape(text):
    assert with_hook(text) is None


@pytest.mark.slow
@pytest.mark.subprocess
def test_five_commands_from_an_application_to_a_green_check(project):
    """The commands are those that init prints."""
    server = Path(tempfile.mkdtemp(prefix="gatepost-init-"))
    server.chmod(0o755)  # for the unprivileged account of a server that root starts
    root = project("app", {"models.py": MODELS.replace("user_id: int", "user_id: uuid.UUID")})
    environment = {**os.environ, "GATEPOST_LOCAL_DIR": str(server / "data")}
    environment.pop("DATABASE_URL", None)
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])

    def run(command):
        done = subprocess.run(
            command, shell=True, cwd=root, env=environment, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout

    try:
        printed = run("gatepost init --yes")
        commands = [line.strip() for line in printed.splitlines() if line.startswith("  ")][-3:]
        assert commands[0].startswith("alembic revision")
        outputs = [run(command) for command in commands]
        assert "6 fine" in outputs[-1]
    finally:
        subprocess.run(["gatepost", "local", "stop"], env=environment, check=False, capture_output=True)
        shutil.rmtree(server, ignore_errors=True)
