"""Which policies of the platform's tables the project's own revisions made.

`storage.objects` and `realtime.messages` hold policies of the Dashboard beside a project's own. What is the project's
is written in its revisions, so they are read, as text: nothing of a revision is run.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

from gatepost.schema import is_platform

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory

PolicyKey = tuple[str, str, str]
"""Schema, table and name of a policy."""


def platform_policies(script: ScriptDirectory) -> frozenset[PolicyKey]:
    """Return the policies on tables of the platform that the revisions, up to the newest, made and did not drop."""
    kept: set[PolicyKey] = set()
    for revision in reversed(list(script.walk_revisions())):
        path = Path(revision.path)
        source = path.read_text("utf-8") if path.suffix == ".py" else ""
        if "PolicyEntity" not in source:
            continue
        for node in ast.parse(source).body:
            if isinstance(node, ast.FunctionDef) and node.name == "upgrade":
                _Reader(kept).visit(node)
    return frozenset(key for key in kept if is_platform(key[0]))


class _Reader(ast.NodeVisitor):
    """Follow the operations of one `upgrade()`; an entity stands in the call, or was assigned to a name before."""

    def __init__(self, kept: set[PolicyKey]) -> None:
        self._kept = kept
        self._named: dict[str, PolicyKey] = {}

    def visit_Assign(self, node: ast.Assign) -> None:
        """Remember a name of an entity."""
        key = _policy(node.value)
        for target in node.targets:
            if key is not None and isinstance(target, ast.Name):
                self._named[target.id] = key

    def visit_Call(self, node: ast.Call) -> None:
        """Note what an operation makes or drops."""
        operation = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if not operation.endswith("_entity") or not node.args:
            self.generic_visit(node)
            return
        made = node.args[0]
        key = self._named.get(made.id) if isinstance(made, ast.Name) else _policy(made)
        if key is not None:
            (self._kept.discard if operation == "drop_entity" else self._kept.add)(key)


def _policy(node: ast.expr) -> PolicyKey | None:
    """Return the key of the policy that an expression makes, or None where it makes none."""
    if not isinstance(node, ast.Call) or ast.unparse(node.func).rpartition(".")[2] != "PolicyEntity":
        return None
    given = dict(zip(("schema", "table", "name"), node.args, strict=False))
    given |= {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg is not None}
    texts = [found.value for name in ("schema", "table", "name") if isinstance(found := given.get(name), ast.Constant)]
    if len(texts) != 3 or not all(isinstance(text, str) for text in texts):
        return None
    schema, table, name = map(str, texts)
    return (schema, table, name)
