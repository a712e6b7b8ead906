"""Where the policies of tables ask each other without end.

PostgreSQL refuses a query in which it comes again to a table whose policies it is already expanding, as soon as those
policies hold any sub-select, even one without a table (the source: `fireRIRrules` in its rewriter). A function that is
called with the caller's rights asks the tables inside it again at run time, until the stack is full.
"""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.analysis.conditions.term_queries import relations
from gatepost.analysis.conditions.terms import Exists, OncePerStatement, Scalar, Select, Term
from gatepost.analysis.policies import Analysis
from gatepost.schema import COMMANDS, Command, Table

Path = tuple[tuple[str, str], ...]


def cycles(analysis: Analysis) -> Iterator[tuple[Table, Command, Path]]:
    """Yield each table whose policies lead back to one that is already asked, with the way there, once a table."""
    for facts in analysis.by_table.values():
        table = facts[0].table
        if not any(_asked(analysis, term) for one in facts for term in one.terms):
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
        for relation in sorted(_asked(analysis, term)):
            found = _expand(analysis, relation, "select", role, (*active, key))
            # Only a cycle through the table itself is told here; another is told at its own table.
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
        asked = [c for c in one.commands if c in wanted and role in one.callers[c]]
        if not asked:
            continue
        if one.using is not None and set(asked) - {"insert"}:
            found.append(one.using)
        if one.check is not None and set(asked) & {"insert", "update"}:
            found.append(one.check)
        elif one.using is not None and "insert" in asked:
            found.append(one.using)
    return found


def _has_sub_select(analysis: Analysis, term: Term) -> bool:
    return any(term.all_of_type(kind) for kind in (OncePerStatement, Select, Exists, Scalar)) or bool(
        _asked(analysis, term)
    )


def _asked(analysis: Analysis, term: Term) -> set[tuple[str, str]]:
    """Return the tables that a condition asks with the caller's rights: in sub-selects, and in invoker functions."""
    found = relations(term)
    for function in analysis.follower.functions(term):
        if not function.definer:
            found |= relations(analysis.follower.body(function))
    return found
