"""The layers of the house: an import goes to a lower layer, or stays inside its own room, and none goes in a circle.

A room is a package, or a few modules that are one subject. Imports for type checkers count as well: a module whose
types come from above cannot be read, or moved, without what is above it. So do imports inside a function: they are
late for speed, not for a circle.
"""

import ast
from functools import cache
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[1] / "gatepost"

LAYERS = (
    {"floor": "errors finding lazy_names sql sql_script display"},
    {"values": "schema auth personas name_hints", "local": "local"},
    {"database": "database"},
    {"declare": "declare", "reflect": "reflect"},
    {
        "canonical": "canonical",
        "difference": "diff ddl",
        "project": "project target suppression",
    },
    {"analysis": "analysis"},
    {"rules": "rules", "observation": "observation", "service": "service", "migrate": "migrate"},
    {"sources": "sources", "verification": "verification"},
    {
        "check": "check",
        "review": "review",
        "adopt": "adopt",
        "init": "init",
        "export": "export",
        "transfer": "transfer",
        "doctor": "doctor",
        "report": "report",
    },
    {"testing": "testing", "cli": "cli"},
)
ROOMS = {
    module: (number, room)
    for number, layer in enumerate(LAYERS)
    for room, modules in layer.items()
    for module in modules.split()
}
ONLY = {
    # A command, a test and a source may run a revision; what a revision holds is written in migrate/ alone.
    "alembic": {"migrate", "cli", "testing", "sources"},
    "alembic_utils": {"migrate"},
    "pytest": {"testing"},
    "typer": {"cli"},
}
"""Libraries that one room alone may import."""

MOST_FILES = 15
ONE_FILE_EACH = {"rules", "cli"}
"""Folders with a file a rule, and a file a command, which are found by their names."""
CROWDED: dict[str, int] = {}
"""Folders that hold more, and how many: the number may only fall."""

MOST_LINES = 300
LONG = {}
"""Files that are longer, and how long: the number may only fall."""

FILES = sorted(HOUSE.rglob("*.py"))


def module_of(path):
    """The module or package right under gatepost/ that a file belongs to; None for the front door."""
    parts = path.relative_to(HOUSE).with_suffix("").parts
    return None if parts == ("__init__",) else parts[0]


def dotted(path):
    """A file's full name as a module."""
    parts = path.relative_to(HOUSE).with_suffix("").parts
    return ".".join(("gatepost", *(parts[:-1] if parts[-1] == "__init__" else parts)))


def imported(tree, path, modules=()):
    """The full name of everything that a file imports, wherever in the file it does."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = ["gatepost", *path.relative_to(HOUSE).parent.parts]
            base = package[: len(package) - node.level + 1] if node.level else []
            origin = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                inside = f"{origin}.{alias.name}"
                yield inside if origin == "gatepost" or inside in modules else origin


def faults(path, text):
    module = module_of(path)
    if module is None:
        return []
    if module not in ROOMS:
        return [f"{module} has no place in the table of this test"]
    layer, room = ROOMS[module]
    found = []
    for name in imported(ast.parse(text), path):
        top, _, rest = name.partition(".")
        if top == "gatepost" and rest:
            other = rest.split(".")[0]
            below, other_room = ROOMS.get(other, (layer, other))
            if other_room != room and below >= layer:
                found.append(f"{path.relative_to(HOUSE)} (layer {layer}) imports {name} (layer {below})")
        elif room not in ONLY.get(top, {room}):
            found.append(f"{path.relative_to(HOUSE)} imports {top}, which only {', '.join(sorted(ONLY[top]))} may")
    return found


def circles(edges):
    """Groups of names that import each other, each sorted."""
    reached = {}

    def below(name):
        if name not in reached:
            found, waiting = set(), [name]
            while waiting:
                new = edges.get(waiting.pop(), set()) - found
                found |= new
                waiting += new
            reached[name] = found
        return reached[name]

    return sorted({tuple(sorted(m for m in below(n) if n in below(m))) for n in edges if n in below(n)})


@cache
def module_imports():
    """What each module of the library imports of the library."""
    modules = {dotted(path) for path in FILES}
    return {
        dotted(path): {
            name for name in imported(ast.parse(path.read_text()), path, modules) if name in modules - {dotted(path)}
        }
        for path in FILES
    }


def room_of(module, folders):
    """The folder that a module lies in; one that lies beside folders of its package stands for itself."""
    package = module if module in folders else module.rpartition(".")[0]
    return module if any(folder.rpartition(".")[0] == package for folder in folders) else package


def test_imports_go_down_or_stay_in_their_room():
    assert [fault for path in FILES for fault in faults(path, path.read_text())] == []


def test_no_module_imports_itself_in_a_circle():
    assert circles(module_imports()) == []


def test_no_room_imports_itself_in_a_circle():
    folders = {dotted(path) for path in FILES if path.name == "__init__.py"}
    edges = {}
    for module, others in module_imports().items():
        room = room_of(module, folders)
        edges.setdefault(room, set()).update({room_of(other, folders) for other in others} - {room})
    assert circles(edges) == []


def test_a_folder_of_many_files_is_two_folders():
    held = {}
    for path in FILES:
        folder = path.parent.relative_to(HOUSE).as_posix()
        if path.name != "__init__.py" and folder not in ONE_FILE_EACH:
            held[folder] = held.get(folder, 0) + 1
    crowded = {folder: number for folder, number in held.items() if number > CROWDED.get(folder, MOST_FILES)}
    assert crowded == {}
    assert {folder for folder in CROWDED if held.get(folder, 0) <= MOST_FILES} == set(), "no exception any more"


def test_a_file_of_many_lines_is_two_files():
    lines = {path.relative_to(HOUSE).as_posix(): len(path.read_text().splitlines()) for path in FILES}
    assert {name: number for name, number in lines.items() if number > LONG.get(name, MOST_LINES)} == {}
    assert {name for name in LONG if lines.get(name, 0) <= MOST_LINES} == set(), "no exception any more"


def test_the_table_holds_no_module_twice():
    words = [module for layer in LAYERS for modules in layer.values() for module in modules.split()]
    assert len(words) == len(set(words))


@pytest.mark.parametrize(
    ("file", "text", "fault"),
    [
        ("sql.py", "from gatepost import schema", "sql.py (layer 0) imports gatepost.schema (layer 1)"),
        ("diff.py", "import gatepost.rules.drift", "imports gatepost.rules.drift (layer 6)"),
        ("doctor/x.py", "def f():\n    from gatepost.transfer import run", "imports gatepost.transfer (layer 8)"),
        ("doctor/x.py", "from ..transfer import run", "imports gatepost.transfer (layer 8)"),
        ("auth.py", "if TYPE_CHECKING:\n    from gatepost.reflect import read", "imports gatepost.reflect (layer 3)"),
        ("observation/x.py", "from gatepost.rules import rule", "imports gatepost.rules (layer 6)"),
        (
            "rules/x.py",
            "from alembic import op",
            "rules/x.py imports alembic, which only cli, migrate, sources, testing",
        ),
        ("cli/x.py", "import alembic_utils", "cli/x.py imports alembic_utils, which only migrate may"),
        ("cli/x.py", "import pytest", "cli/x.py imports pytest, which only testing may"),
        ("utils.py", "", "utils has no place in the table of this test"),
    ],
)
def test_it_sees_what_it_forbids(file, text, fault):
    assert [one for one in faults(HOUSE / file, text) if fault in one]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("doctor/x.py", "from gatepost.doctor.answer import Answer"),
        ("doctor/x.py", "from .answer import Answer"),
        ("declare.py", "from gatepost.declare.expression import expression"),
        ("cli/x.py", "from gatepost import sql, transfer"),
        ("migrate/x.py", "import alembic.util"),
        ("__init__.py", "from gatepost.verification import verify"),
    ],
)
def test_it_lets_through_what_it_allows(file, text):
    assert faults(HOUSE / file, text) == []


def test_it_sees_circles():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}) == [("b", "c")]
