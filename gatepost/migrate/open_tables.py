"""Compare what an upgrade leaves with the declaration, and refuse to commit a declared table that is open.

Only the catalog is read: row security, the names, commands and roles of policies, and grants. Expressions are left to
`alembic check`, which prints them.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from gatepost import sql
from gatepost.database.connect import raw
from gatepost.declare.declaration import Declaration
from gatepost.diff import TableRowSecurity, TableState, declared_state, live_state, managed_roles
from gatepost.errors import MigrationError
from gatepost.migrate.entities.privileges import Privilege
from gatepost.migrate.partitions import open_partitions
from gatepost.migrate.revision.sentences import sentence
from gatepost.migrate.revision.steps import Step, Subject, table_differences
from gatepost.reflect import read
from gatepost.schema import Policy, Schema, is_platform

if TYPE_CHECKING:
    from alembic.runtime.environment import EnvironmentContext
    from alembic.runtime.migration import MigrationInfo
    from sqlalchemy import Connection

log = logging.getLogger("gatepost.migrate")

_FEW = 4

ALLOW = "allow-open"
"""The argument (`alembic -x allow-open upgrade head`) that turns the refusal into a warning."""
CHANGED_SINCE = "alembic revision --autogenerate"
LACKING = f"alembic -x {ALLOW} upgrade head && {CHANGED_SINCE}  # in a development database; then deploy both revisions"


class EndOfUpgrade:
    """Look at the database once, before the last commit of an upgrade that reaches the newest revisions.

    Args:
        context: Alembic's.
        declaration: What `policies/` says.
    """

    def __init__(self, context: EnvironmentContext, declaration: Declaration) -> None:
        self._context = context
        self.declaration = declaration
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
            self._look(connection, LACKING)

    def end(self, connection: Connection) -> None:
        """Look at the database where the upgrade had nothing to run."""
        migration = self._context.get_context()
        command = getattr(migration.opts.get("fn"), "__name__", "")
        if command == "upgrade" and not self._looked and self._newest(migration.get_current_heads()):
            self._look(connection, CHANGED_SINCE)

    def _newest(self, heads: Iterable[str]) -> bool:
        return set(heads) == set(self._context.script.get_heads())

    def _look(self, connection: Connection, hint: str) -> None:
        """Raise an error for open tables, and log everything else that differs.

        Raises:
            MigrationError: a declared table is more open than declared.
        """
        self._looked = True
        if connection.dialect.name != "postgresql":
            return
        with raw(connection).cursor() as cursor:
            live = read(cursor, doors=False)
        steps = differences(self.declaration, live)
        opened = openings(steps)
        for key, partitions in open_partitions(self.declaration, live).items():
            reasons = [f'the API can go past it to its partition "{partition}"' for partition in partitions[:_FEW]]
            opened[key] = [*opened.get(key, []), *reasons]
        for step in steps:
            if step.table not in opened:
                log.warning("%s; alembic revision --autogenerate writes what is missing", sentence(step))
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
            hint,
        )


def _transaction(connection: Connection) -> object:
    """Return what is the same within a transaction, and differs in the next one."""
    if connection.dialect.name != "postgresql":
        return None
    return connection.scalar(text("SELECT pg_catalog.now()"))


def differences(declaration: Declaration, live: Schema) -> tuple[Step, ...]:
    """Return what differs between the declared tables that are there and the database, apart from expressions."""
    roles = managed_roles(declaration, live)
    steps: list[Step] = []
    for table in declaration:
        there = live.table(*table.key)
        if there is not None:
            printed = {policy: policy for policy in table.policies}
            declared = _without_expressions(declared_state(table, printed, live))
            steps += table_differences(declared, _without_expressions(live_state(there, live, roles)))
    return tuple(steps)


def _without_expressions(state: TableState) -> TableState:
    policies = (replace(policy, using=policy.using and "", check=policy.check and "") for policy in state.policies)
    return replace(state, policies=tuple(policies))


def openings(steps: Iterable[Step]) -> dict[tuple[str, str], list[str]]:
    """Return why tables are more open than declared as long as the steps are not taken, in a few words each."""
    steps = list(steps)
    renamed = _renamed(steps)
    found: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    held: defaultdict[tuple[tuple[str, str], str], list[str]] = defaultdict(list)
    for step in steps:
        if isinstance(step.before, Privilege):
            # service_role bypasses row security whatever it holds.
            if step.before.on == "table" and step.before.role != "service_role":
                held[step.table, step.before.role].append(step.before.held)
        elif reason := _opening(step.before, step.after):
            found[step.table].append(reason + renamed.get(step, ""))
    for (table, role), privileges in held.items():
        more = f" and {len(privileges) - _FEW} more" if len(privileges) > _FEW else ""
        found[table].append(f"{role} has {', '.join(privileges[:_FEW])}{more}")
    return dict(found)


def _renamed(steps: Iterable[Step]) -> dict[Step, str]:
    """Return the steps that drop a policy which only has another name than a missing one, and the end of the sentence.

    A table that is renamed keeps the names of its policies, and a declared policy is named after its table.
    """
    missing = [step.after for step in steps if step.before is None and isinstance(step.after, Policy)]
    found = {}
    for step in steps:
        old = step.before
        if step.after is None and isinstance(old, Policy):
            alike = [new.name for new in missing if replace(new, name=old.name) == old]
            if len(alike) == 1:
                rename = f"{sql.identifier(old.name)} ON {sql.qualified(old.schema, old.table)}"
                found[step] = (
                    f', and "{alike[0]}" is missing; where the table was renamed, write op.execute('
                    f"'ALTER POLICY {rename} RENAME TO {sql.identifier(alike[0])}')"
                )
    return found


def _opening(before: Subject | None, after: Subject | None) -> str | None:
    if isinstance(after, TableRowSecurity):
        if not isinstance(before, TableRowSecurity) or not before.state.enabled:
            return "row security is off" if after.state.enabled else None
        return "row security is not forced" if after.state.forced and not before.state.forced else None
    if isinstance(before, Policy):
        if after is not None:
            return f'the policy "{before.name}" has another command or other roles'
        # Policies of the Dashboard are not ours to judge, and a restrictive policy closes.
        judged = before.permissive and not is_platform(before.schema)
        return f'the policy "{before.name}" is not declared' if judged else None
    if isinstance(after, Policy) and not after.permissive:
        return f'the restrictive policy "{after.name}" is missing'
    return None
