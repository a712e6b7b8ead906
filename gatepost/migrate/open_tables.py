"""Compare what an upgrade leaves with the declaration, and refuse to commit a declared table that is open.

Only the catalog is read: row security, the names, commands and roles of policies, and grants. Expressions are left to
`alembic check`, which prints them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from gatepost.database.connect import raw
from gatepost.declare.declaration import Declaration
from gatepost.diff import Change, TableGrants, TableRowSecurity, TableState, declared_state, diff, live_state
from gatepost.diff import managed_roles as roles_of
from gatepost.errors import MigrationError
from gatepost.migrate.sentences import privileges, sentence
from gatepost.reflect import read
from gatepost.schema import Policy, Schema, is_platform

if TYPE_CHECKING:
    from alembic.runtime.environment import EnvironmentContext
    from alembic.runtime.migration import MigrationInfo
    from sqlalchemy import Connection

log = logging.getLogger("gatepost.migrate")

ALLOW = "allow-open"
"""The argument (`alembic -x allow-open upgrade head`) that turns the refusal into a warning."""


class EndOfUpgrade:
    """Look at the database once, before the last commit of an upgrade that reaches the newest revisions.

    Args:
        context: Alembic's.
        declaration: What `policies/` says.
    """

    def __init__(self, context: EnvironmentContext, declaration: Declaration) -> None:
        self._context = context
        self._declaration = declaration
        self._allowed = ALLOW in context.get_x_argument(as_dictionary=True)
        self._began: object = None
        self._looked = False

    def begin(self, connection: Connection) -> None:
        """Remember the transaction that the run begins with, to know later whether it was committed."""
        self._began = _transaction(connection)
        self._looked = False

    def on_version_apply(self, *, step: MigrationInfo, heads: Iterable[str], **_more: Any) -> None:  # noqa: ANN401
        """Look at the database when the step that Alembic has just run was the last one of an upgrade."""
        connection = self._context.get_bind()
        if step.is_upgrade and not step.is_stamp and connection is not None and self._newest(heads):
            self._look(connection)

    def end(self, connection: Connection) -> None:
        """Look at the database where the upgrade had nothing to run."""
        migration = self._context.get_context()
        command = getattr(migration.opts.get("fn"), "__name__", "")
        if command == "upgrade" and not self._looked and self._newest(migration.get_current_heads()):
            self._look(connection)

    def _newest(self, heads: Iterable[str]) -> bool:
        return set(heads) == set(self._context.script.get_heads())

    def _look(self, connection: Connection) -> None:
        """Raise an error for open tables, and log everything else that differs.

        Raises:
            MigrationError: a declared table is more open than declared.
        """
        self._looked = True
        if connection.dialect.name != "postgresql":
            return
        with raw(connection).cursor() as cursor:
            changes = differences(self._declaration, read(cursor, doors=False))
        opened: dict[tuple[str, str], list[str]] = {}
        for change in changes:
            if reasons := openings(change):
                opened.setdefault(change.table, []).extend(reasons)
        for change in changes:
            if change.table not in opened:
                log.warning("%s; alembic revision --autogenerate writes what is missing", sentence(change))
        if not opened:
            return
        named = "; ".join(f'"{".".join(key)}" ({", ".join(reasons)})' for key, reasons in sorted(opened.items()))
        if self._allowed:
            log.warning("open, and let through by -x %s: %s", ALLOW, named)
            return
        kept = _transaction(connection) != self._began
        done = "the revisions or steps before the last one are committed" if kept else "nothing was committed"
        raise MigrationError(
            f"the upgrade leaves declared tables open: {named}; {done}",
            "alembic revision --autogenerate  # on PostgreSQL, where it finds what the last revision lacks; in a"
            f" development database after: alembic -x {ALLOW} upgrade head",
        )


def _transaction(connection: Connection) -> object:
    """Return what is the same within a transaction, and differs in the next one."""
    if connection.dialect.name != "postgresql":
        return None
    return connection.scalar(text("SELECT pg_catalog.now()"))


def differences(declaration: Declaration, live: Schema) -> tuple[Change, ...]:
    """Return what differs between the declared tables that are there and the database, apart from expressions."""
    roles = roles_of(declaration, live)
    changes: list[Change] = []
    for table in declaration:
        there = live.table(*table.key)
        if there is not None:
            printed = {policy: policy for policy in table.policies}
            declared = _without_expressions(declared_state(table, printed, live))
            changes += diff(declared, _without_expressions(live_state(there, live, roles)))
    return tuple(changes)


def _without_expressions(state: TableState) -> TableState:
    policies = (replace(policy, using=policy.using and "", check=policy.check and "") for policy in state.policies)
    return replace(state, policies=tuple(policies))


def openings(change: Change) -> list[str]:
    """Return why a table is more open than declared while a change is not made, in a few words each."""
    before, after = change.before, change.after
    if isinstance(change.subject, TableRowSecurity):
        there = isinstance(before, TableRowSecurity) and before.state.enabled
        return ["row security is not forced" if there else "row security is off"]
    if isinstance(before, TableGrants):
        wanted = set(after.grants) if isinstance(after, TableGrants) else set()
        # service_role bypasses row security whatever it holds.
        more = (grant for grant in set(before.grants) - wanted if grant.grantee != "service_role")
        return [f"{role} has {held}" for role, held in privileges(more)]
    if isinstance(before, Policy):
        if after is None:
            # Policies of the Dashboard are not ours to judge, and a restrictive policy closes.
            closed = is_platform(before.schema) or not before.permissive
            return [] if closed else [f'the policy "{before.name}" is not declared']
        return [f'the policy "{before.name}" has another command or other roles']
    if isinstance(after, Policy) and not after.permissive:
        return [f'the restrictive policy "{after.name}" is missing']
    return []
