"""The project around the library, and the mistakes of policies that do not even import."""

import sys
from itertools import count
from textwrap import dedent

import pytest

from gatepost import declared, declaring
from gatepost.errors import DeclarationError, SettingsError
from gatepost.project import Project, find_project

NUMBERS = count()


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Write a package of policies with a name of its own, and declare it: `package("import x")`."""
    monkeypatch.syspath_prepend(tmp_path)

    def declare(source, **files):
        name = f"policies_of_test_project_{next(NUMBERS)}"
        folder = tmp_path / name
        folder.mkdir()
        for file, text in {"__init__": source, **files}.items():
            (folder / f"{file}.py").write_text(dedent(text).replace("PACKAGE", name))
        with declaring():
            return declared(name)

    return declare


HEAD = "from gatepost import *\nfrom models.work import Task\n"


def test_what_a_package_declares(package):
    declaration = package("from PACKAGE import work\n", work=HEAD + "protect(Task, owner(Task.user_id))\n")
    assert [str(table) for table in declaration] == ["public.tasks"]
    assert declaration.tables[0].place.endswith("/work.py:3")


WRONG = {
    "column": (
        HEAD + "protect(Task, owner(Task.userid))",
        '"Task" has no column "userid"',
        "protect(Task, owner(Task.user_id))",
    ),
    "column far off": (
        HEAD + "protect(Task, owner(Task.zzz))",
        '"Task" has no column "zzz"',
        "one of id, user_id, goblin",
    ),
    "column of a table": (
        HEAD + "c = Task.__table__.c\nprotect(Task, owner(c.userid))",
        '"tasks" has no column "userid"',
        "protect(Task, owner(c.user_id))",
    ),
    "model": (
        "from models.work import Taks",
        'cannot import name "Taks" from "models.work"',
        "from models.work import Task",
    ),
    "word": ("from gatepost import protct", 'cannot import name "protct"', "from gatepost import protect"),
    "module": ("import nothing_here", 'No module named "nothing_here"', "import nothing_here"),
    "no to": (HEAD + "allow('select')", "missing 1 required keyword-only argument: 'to'", "to=authenticated"),
    "unknown argument": (
        HEAD + "owner(Task.user_id, where=1)",
        "unexpected keyword argument 'where'",
        "owner(Model.user_id)",
    ),
    "truth": (HEAD + "if Task.user_id > uid(): pass", "a condition is written with Python's", "and_(a, b)"),
    "syntax": ("x = (\n", "was never closed", "x = ("),
    "mistake": (HEAD + "protect(Task, owner(Task.created_at))", "they never match", "a uuid or text"),
}


@pytest.mark.parametrize(("source", "reason", "hint"), WRONG.values(), ids=WRONG)
def test_a_mistake_is_one_sentence_with_its_place(package, source, reason, hint):
    with pytest.raises(DeclarationError) as told:
        package(source)
    assert reason in told.value.message
    assert hint in told.value.hint
    assert "__init__.py:" in told.value.message
    assert "\n" not in told.value.message


def test_a_mistake_in_a_module_of_the_package_is_reported_there(package):
    with pytest.raises(DeclarationError, match=r"work\.py:3: .*no column"):
        package("from PACKAGE import work", work=HEAD + "protect(Task, owner(Task.userid))")


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("x = None\nx.foo", "AttributeError: 'NoneType' object has no attribute 'foo'"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("raise SystemExit(0)", "SystemExit: 0"),
        ("raise RuntimeError", "RuntimeError"),
    ],
)
def test_any_other_error_of_an_author_has_its_place_too(package, source, reason):
    with pytest.raises(DeclarationError) as error:
        package(source)
    assert error.value.message.endswith(f"__init__.py:{source.count(chr(10)) + 1}: {reason}")
    assert error.value.hint == source.rpartition("\n")[2]


def test_every_module_of_the_package_counts(package):
    work = HEAD + "protect(Task, owner(Task.user_id))\n"
    assert [str(table) for table in package("", work=work, test_it="1 / 0", conftest="1 / 0")] == ["public.tasks"]


def test_a_module_that_nobody_imports_is_wrong_all_the_same(package):
    with pytest.raises(DeclarationError, match=r"broken\.py:1: ZeroDivisionError"):
        package("", broken="1 / 0")


def test_policies_that_declare_nothing_are_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "policies_that_say_nothing").mkdir()
    found = project(tmp_path, '[tool.gatepost]\npolicies = "policies_that_say_nothing"\n')
    with declaring(), pytest.raises(DeclarationError, match='"policies_that_say_nothing" declares nothing'):
        found.declaration()


def test_a_project_without_policies_declares_nothing(tmp_path):
    assert project(tmp_path, "[tool.gatepost]\n").declaration() is None
    (tmp_path / "policies").mkdir()
    assert find_project(tmp_path).policies == "policies"


@pytest.mark.parametrize("name", ["nothing_here", "nothing_here.policies"])
def test_no_package_at_all(name):
    with pytest.raises(DeclarationError, match=f'no package "{name}"') as told:
        declared(name)
    assert told.value.hint.startswith(f"mkdir -p {name.replace('.', '/')} ")


def project(folder, text):
    (folder / "pyproject.toml").write_text(text)
    return find_project(folder)


def test_a_project_is_found_from_inside(tmp_path):
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    assert find_project(inside) is None or find_project(inside).root != tmp_path
    found = project(
        tmp_path, '[tool.gatepost]\nmodels = "app.models"\nsample = "app:write"\nignore = {"a:b" = "why"}\n'
    )
    assert find_project(inside) == found == Project(
        tmp_path, models=("app.models",), policies=None, sample="app:write", suppressions=(("a:b", "why"),)
    )  # fmt: skip
    assert found.alembic_ini == tmp_path / "alembic.ini"


def test_a_pyproject_without_us_is_passed_by(tmp_path):
    (tmp_path / "inner").mkdir()
    project(tmp_path / "inner", '[project]\nname = "x"\n')
    found = project(tmp_path, "[tool.gatepost]\n")
    assert find_project(tmp_path / "inner") == found == Project(tmp_path, policies=None)


@pytest.mark.parametrize(
    ("text", "reason", "hint"),
    [
        ('[tool.gatepost]\nmodel = "x"\n', 'unknown key "model" in [tool.gatepost]', 'Did you mean "models"?'),
        ("[tool.gatepost]\nxyz = 1\n", 'unknown key "xyz"', "known keys: database, entities, ignore, models"),
        ("[tool.gatepost]\nignore = 5\n", '"ignore" in [tool.gatepost] is not a table', 'ignore = {"rule:object"'),
        ("[tool.gatepost\n", "is not TOML", ""),
        ("[tool]\ngatepost = 5\n", "is not a table", "[tool.gatepost]"),
        ('[tool.gatepost]\ndatabase = "postgresql://h/d"\n', 'can only be "local"', "DATABASE_URL"),
        ("[tool.gatepost]\nmodels = 5\n", '"models" in [tool.gatepost] must be text', 'models = "app.models"'),
    ],
)
def test_settings_that_mean_nothing(tmp_path, text, reason, hint):
    with pytest.raises(SettingsError) as told:
        project(tmp_path, text)
    assert reason in told.value.message
    assert hint in told.value.hint


def test_models_without_metadata(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "models_of_test_project.py").write_text("x = 1\n")
    with pytest.raises(SettingsError, match="exports no metadata") as told:
        Project(tmp_path, models=("models_of_test_project",)).metadata()
    assert told.value.hint.startswith("metadata = SQLModel.metadata")


def test_models_of_several_modules_are_found_by_their_tables(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path])
    package = tmp_path / "src" / "shop_of_test_project"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    for name in ("users", "orders"):
        (package / f"{name}.py").write_text(
            "from sqlalchemy import Column, Integer, MetaData, Table\n"
            f'{name} = Table("{name}", MetaData(), Column("id", Integer, primary_key=True))\n'
        )
    settings = 'models = ["shop_of_test_project.users", "shop_of_test_project.orders"]'
    found = project(tmp_path, f"[tool.gatepost]\n{settings}\n")
    assert set(found.metadata().tables) == {"users", "orders"}
    assert len(found.metadata_objects()) == 2
    assert set(Project(tmp_path, models=("shop_of_test_project",)).metadata().tables) == {"users", "orders"}


def test_models_that_are_not_there(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path])
    with pytest.raises(SettingsError, match='no package "nothing_at_all"'):
        Project(tmp_path, models=("nothing_at_all",)).metadata()


def test_models_that_cannot_be_imported(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "models_that_fail.py").write_text("x = 1\n1 / 0\n")
    with pytest.raises(SettingsError, match=r"cannot be imported: .*models_that_fail\.py:2: ZeroDivisionError"):
        Project(tmp_path, models=("models_that_fail",)).metadata()


def test_a_function_that_is_declared_wrongly_is_named_with_its_line(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "entities_that_fail.py").write_text(
        "from gatepost.migrate import View\n\nentities = [View('public', 'v', 'SELECT 1', to='anon')]\n"
    )
    sentence = r"cannot be imported: .*entities_that_fail\.py:3: to='anon' is not a role\n  to=authenticated"
    with pytest.raises(SettingsError, match=sentence):
        Project(tmp_path, entities="entities_that_fail:entities").entity_list()


def test_the_projects_own_declaration(pytestconfig):
    found = find_project(pytestconfig.rootpath)
    assert (found.models, found.policies) == (("models",), "policies")
    assert found.metadata() is not None
