"""Find the modules of a project that hold its tables, without importing anything."""

from __future__ import annotations

import ast
from pathlib import Path

_NOT_THEIRS = {
    "alembic", "build", "dist", "docs", "env", "migrations", "node_modules", "policies", "site-packages", "test",
    "tests", "venv", "versions",
}  # fmt: skip
"""Folders without a project's own models."""


def find_models(root: Path) -> tuple[str, ...]:
    """Return the modules, or the one package, whose classes are tables, by the names that `import` takes.

    Args:
        root: The project's folder; a folder `src` in it is one where modules are found, too.
    """
    found = sorted(_module(path, root) for path in _python_files(root) if _has_tables(path))
    packages = {name.rpartition(".")[0] for name in found}
    together = packages.pop() if len(packages) == 1 else ""
    # A package of models is named as one, so that tomorrow's module counts; an application's package is not imported.
    if len(found) > 1 and together.rpartition(".")[2] in ("models", "tables", "entities", "db"):
        return (together,)
    return tuple(found)


def _python_files(folder: Path) -> list[Path]:
    found = []
    for entry in sorted(folder.iterdir()):
        if entry.is_dir() and not entry.name.startswith(".") and entry.name not in _NOT_THEIRS:
            if not (entry / "pyvenv.cfg").exists():
                found += _python_files(entry)
        elif entry.suffix == ".py" and not entry.name.startswith("test_") and entry.name != "conftest.py":
            found.append(entry)
    return found


def _module(path: Path, root: Path) -> str:
    folder = root / "src" if path.is_relative_to(root / "src") else root
    parts = path.relative_to(folder).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _has_tables(path: Path) -> bool:
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (SyntaxError, UnicodeDecodeError, ValueError):
        return False
    return any(isinstance(node, ast.ClassDef) and _is_table(node) for node in ast.walk(tree)) or any(
        isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and _name(node.value.func) == "Table"
        for node in tree.body
    )


def _is_table(node: ast.ClassDef) -> bool:
    sqlmodel = any(
        one.arg == "table" and isinstance(one.value, ast.Constant) and one.value.value is True for one in node.keywords
    )
    return sqlmodel or any(
        _name(target) == "__tablename__"
        for one in node.body
        for target in (one.targets if isinstance(one, ast.Assign) else [getattr(one, "target", None)])
    )


def _name(node: ast.expr | None) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
