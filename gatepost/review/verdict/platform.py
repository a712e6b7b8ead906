"""Who may use the platform's own tables and views, as the catalogs of both sides say it: nobody plants rows there."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.analysis.privileges import Privileges
from gatepost.review.verdict.access_change import AccessChange
from gatepost.review.verdict.catalog import callers_of
from gatepost.schema import COMMANDS, RowCommand, Schema, Table, View, is_platform

_TRIED = frozenset({("storage", "objects"), ("realtime", "messages"), ("auth", "users")})
"""The platform's tables in which rows are planted."""


def of_platform(before: Schema, after: Schema) -> Iterator[AccessChange]:
    """Yield who holds a privilege on a table or view of the platform that they did not hold.

    Args:
        before: The base.
        after: The head.
    """
    base, head = Privileges(before), Privileges(after)
    relations: list[Table | View] = [*after.tables, *after.views]
    for relation in relations:
        old = before.table(*relation.key) or before.view(*relation.key)
        if old is None or not is_platform(relation.schema) or relation.key in _TRIED:
            continue
        for role in callers_of(after):
            for command in COMMANDS if before.has_role(role) else ():
                if _open(head, role, relation, command) and not _open(base, role, old, command):
                    yield AccessChange(
                        "gains", role, (role,), str(relation), command, "refused", "allowed",
                        f"{command.upper()} … {relation.schema}.{relation.name}", through="platform",
                        reason="by grants and row security alone: it is the platform's, and no row was planted",
                    )  # fmt: skip


def _open(held: Privileges, role: str, relation: Table | View, command: RowCommand) -> bool:
    if not held.reaches(role, relation, command.upper()):
        return False
    if isinstance(relation, View):
        return True
    return held.bypasses(role, relation) or any(one.permissive for one in held.policies(role, relation, command))
