"""Add `index=True` to a column in a model's source."""

from __future__ import annotations

import ast

_COLUMN_CALLS = {"Column", "Field", "mapped_column"}


def with_index(text: str, class_name: str, attribute: str) -> str | None:
    """Return a module's text in which a column has an index, or None where it is written in a way of its own.

    Args:
        text: The module.
        class_name: The model.
        attribute: The column's attribute, assigned from `Field(…)`, `mapped_column(…)` or `Column(…)`.
    """
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ClassDef) and node.name == class_name:
            for statement in node.body:
                call = _column_call(statement, attribute)
                if call is not None:
                    return _with_argument(text, call)
    return None


def _column_call(statement: ast.stmt, attribute: str) -> ast.Call | None:
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    value = getattr(statement, "value", None)
    named = any(isinstance(target, ast.Name) and target.id == attribute for target in targets)
    if not named or not isinstance(value, ast.Call):
        return None
    name = value.func.id if isinstance(value.func, ast.Name) else getattr(value.func, "attr", "")
    own_way = any(one.arg in ("index", "sa_column", None) for one in value.keywords)
    return value if name in _COLUMN_CALLS and not own_way else None


def _with_argument(text: str, call: ast.Call) -> str:
    lines = text.splitlines(keepends=True)
    last = (call.end_lineno or 1) - 1
    line = lines[last].encode()
    cut = (call.end_col_offset or 1) - 1  # the closing bracket; ast counts bytes
    before = "".join(lines[:last]) + line[:cut].decode()
    kept = before.rstrip()
    separator = "" if kept.endswith("(") else " " if kept.endswith(",") else ", "
    # A call over several lines that ends in a comma gets a line of its own.
    if kept.endswith(",") and "\n" in before[len(kept) :]:
        indent = " " * ((call.args or [one.value for one in call.keywords])[-1].col_offset)
        first = call.args[0] if call.args else call.keywords[0]
        indent = " " * first.col_offset if first.lineno != call.lineno else indent
        return f"{kept}\n{indent}index=True,{before[len(kept) :]}{line[cut:].decode()}{''.join(lines[last + 1 :])}"
    return f"{kept}{separator}index=True{before[len(kept) :]}{line[cut:].decode()}{''.join(lines[last + 1 :])}"
