"""Find policies of tables that refer to each other without end.

PostgreSQL refuses a query that comes back to a table whose policies it is already expanding, as soon as those policies
contain any sub-select, even one without a table (source: `fireRIRrules` in its rewriter). A function that runs with
the caller's privileges reads its tables at run time, and recurses until the stack is full.
"""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.analysis.conditions.term_queries import relations
from gatepost.analysis.conditions.terms import Exists, OncePerStatement, Scalar, Select, Term
from gatepost.analysis.policies import Analysis
from gatepost.schema import COMMANDS, Command, Table

Path = tuple[tuple[str, str], ...]


def cycles(analysis: Analysis) -> Iterator[tuple[Table, Command, Path]]:
    """Yield each table whose policies lead back to a table that is being read already, with the path."""
    for facts in analysis.by_table.values():
        table = facts[0].table
        if not any(_read(analysis, term) for one in facts for term in one.terms):
            continue
        roles = sorted({role for one in facts for role in one.roles})
        found = next(_of_table(analysis, table, roles), None)
        if found is not None:
            yield table, *found


def _of_table(analysis: Analysis, table: Table, roles: list[str]) -> Iterator[tuple[Command, Path]]:
    for role in roles:
        for command in COMMANDS:
            path = _expand(analysis, table.key, command, role, ())
            if path is not None:
                yield command, path


def _expand(analysis: Analysis, key: tuple[str, str], command: Command, role: str, active: Path) -> Path | None:
    terms = _terms(analysis, key, command, role)
    if not any(_has_sub_select(analysis, term) for term in terms):
        return None
    if key in active:
        return (*active, key)
    for term in terms:
        for relation in sorted(_read(analysis, term)):
            found = _expand(analysis, relation, "select", role, (*active, key))
            # Report only a cycle through the table itself; another cycle is reported at its own table.
            if found is not None and found[-1] == found[0]:
                return found
    return None


def _terms(analysis: Analysis, key: tuple[str, str], command: Command, role: str) -> list[Term]:
    table = analysis.live.table(*key)
    if table is None or not table.row_security.enabled:
        return []
    wanted = {command, "select"} if command in ("update", "delete") else {command}
    found: list[Term] = []
    for one in analysis.by_table.get(key, ()):
        commands = [c for c in one.commands if c in wanted and role in one.callers[c]]
        if not commands:
            continue
        if one.using is not None and set(commands) - {"insert"}:
            found.append(one.using)
        if one.check is not None and set(commands) & {"insert", "update"}:
            found.append(one.check)
        elif one.using is not None and "insert" in commands:
            found.append(one.using)
    return found


def _has_sub_select(analysis: Analysis, term: Term) -> bool:
    return any(term.all_of_type(kind) for kind in (OncePerStatement, Select, Exists, Scalar)) or bool(
        _read(analysis, term)
    )


def _read(analysis: Analysis, term: Term) -> set[tuple[str, str]]:
    """Return the tables that a condition reads with the caller's privileges: in sub-selects and invoker functions."""
    found = relations(term)
    for function in analysis.follower.functions(term):
        if not function.definer:
            found |= relations(analysis.follower.body(function))
    return found
