"""Find tables whose protection in a clone differs from the source."""

from __future__ import annotations

from collections.abc import Collection

from gatepost.finding import NotChecked
from gatepost.schema import Policy, Schema, Table, is_platform

ROWS = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE"})
"""The privileges by which a caller reads and writes rows. Some source versions lack others, such as MAINTAIN."""


def differences(live: Schema, there: Schema, named: Collection[str]) -> list[NotChecked]:
    """Return the differences that could change a result.

    Args:
        live: The source.
        there: The clone.
        named: The tables that are already reported as missing.
    """
    same_printer = live.server_version // 10000 == there.server_version // 10000
    found = []
    for table in live.tables:
        if is_platform(table.schema) or table.kind == "foreign" or table.extension is not None:
            continue
        same = there.table(*table.key)
        if same is None:
            why = "is not in the clone"
        elif _protection(same, exactly=same_printer) != _protection(table, exactly=same_printer):
            why = "is protected otherwise in the clone"
        else:
            continue
        if same is not None or str(table) not in named:
            found.append(NotChecked(str(table), why, ours=True))
    return found


def _protection(table: Table, *, exactly: bool) -> tuple[object, ...]:
    grants = {(one.grantee, one.privilege, one.column) for one in table.grants if one.privilege in ROWS}
    return (table.row_security, tuple(_policy(one, exactly=exactly) for one in table.policies), grants)


def _policy(policy: Policy, *, exactly: bool) -> tuple[object, ...]:
    """Return a comparable form of a policy. Another major version prints the same expression differently."""
    if exactly:
        return (policy,)
    conditions = (policy.using is None, policy.check is None)
    return (policy.name, policy.command, policy.roles, policy.permissive, *conditions)
