"""The layers of the house: an import goes to a lower layer, or stays inside its own room.

A room is a package, or a few modules that are one subject. Imports for type checkers count as well: a module whose
types come from above cannot be read, or moved, without what is above it. So do imports inside a function: they are
late for speed, not for a circle.
"""

import ast
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[1] / "gatepost"

LAYERS = (
    {"floor": "errors sql sql_script display"},
    {
        "schema": "schema",
        "auth": "auth",
        "finding": "finding",
        "database": "database",
        "local": "local",
    },
    {
        "declare": "declare",
        "reflect": "reflect",
        "suppression": "suppression",
    },
    {"project": "project", "canonical": "canonical", "difference": "diff ddl"},
    {"access": "access", "target": "target"},
    {"rules": "rules"},
    {
        "migrate": "migrate",
        "verification": "verification",
        "review": "review",
        "transfer": "transfer",
        "doctor": "doctor",
        "export": "export",
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
    # A command and a test may run a revision; what a revision holds is written in migrate/ alone.
    "alembic": {"migrate", "cli", "testing"},
    "alembic_utils": {"migrate"},
    "pytest": {"testing"},
    "typer": {"cli"},
}
"""Libraries that one room alone may import."""


def module_of(path):
    """The module or package right under gatepost/ that a file belongs to; None for the front door."""
    parts = path.relative_to(HOUSE).with_suffix("").parts
    return None if parts == ("__init__",) else parts[0]


def imported(tree, path):
    """The full name of everything that a file imports, wherever in the file it does."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = ["gatepost", *path.relative_to(HOUSE).parent.parts]
            base = package[: len(package) - node.level + 1] if node.level else []
            origin = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{origin}.{alias.name}" for alias in node.names) if origin == "gatepost" else (origin,)


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


FILES = sorted(HOUSE.rglob("*.py"))


def test_imports_go_down_or_stay_in_their_room():
    assert [fault for path in FILES for fault in faults(path, path.read_text())] == []


def test_the_table_holds_no_module_twice():
    words = [module for layer in LAYERS for modules in layer.values() for module in modules.split()]
    assert len(words) == len(set(words))


@pytest.mark.parametrize(
    ("file", "text", "fault"),
    [
        ("sql.py", "from gatepost import schema", "sql.py (layer 0) imports gatepost.schema (layer 1)"),
        ("diff.py", "import gatepost.rules.drift", "imports gatepost.rules.drift (layer 5)"),
        ("doctor/x.py", "def f():\n    from gatepost.transfer import move", "imports gatepost.transfer (layer 6)"),
        ("doctor/x.py", "from ..transfer import move", "imports gatepost.transfer (layer 6)"),
        ("auth.py", "if TYPE_CHECKING:\n    from gatepost.schema import Policy", "imports gatepost.schema (layer 1)"),
        ("rules/x.py", "from alembic import op", "rules/x.py imports alembic, which only cli, migrate, testing may"),
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
