"""The rule `role-bypasses-row-security`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost import sql
from gatepost.analysis.context import Context
from gatepost.rules._registry import Found, rule

_ALL_DATA = frozenset({"pg_read_all_data", "pg_write_all_data"})
"""PostgreSQL's own roles that hold everything (https://www.postgresql.org/docs/17/predefined-roles.html)."""


@rule(severity="error")
def role_bypasses_row_security(context: Context) -> Iterator[Found]:
    """A role of the API bypasses row security, itself or through a role that it belongs to.

    A warning for another role that a token can name: somebody may have made it for the backend.

    ## Why is this bad?
    No policy is asked of a superuser or of a role with BYPASSRLS, on any table; not even forced row security holds it.
    A membership does not hand the attribute on, but it lets the role become the other, and hands on what that one owns.

    ## Example
    ```sql
    GRANT service_role TO authenticated;
    ```

    ## Use instead
    ```sql
    REVOKE service_role FROM authenticated;
    ```

    ## References
    - https://www.postgresql.org/docs/17/sql-createrole.html
    - https://www.postgresql.org/docs/17/role-membership.html
    """
    privileges = context.privileges
    for role in context.privileges.api_roles:
        if privileges.bypass_attribute(role):
            yield _attribute(context, role, role)
        for other in sorted(privileges.becomes(role) | privileges.inherited(role) - {role}):
            if other != role and privileges.bypass_attribute(other):
                yield Found(
                    role,
                    f'"{role}" belongs to "{other}", which bypasses row security on every table',
                    f"REVOKE {sql.identifier(other)} FROM {sql.identifier(role)};",
                    detail=other,
                )
        for other in sorted(privileges.inherited(role) & _ALL_DATA):
            yield Found(
                role,
                f'"{role}" belongs to "{other}", which holds every table, granted or not',
                f"REVOKE {sql.identifier(other)} FROM {sql.identifier(role)};",
                detail=other,
            )
    if privileges.on_platform:
        reached = {other for role in privileges.api_roles for other in privileges.becomes(role)}
        for role in sorted(privileges.token_roles - reached):
            if privileges.bypass_attribute(role):
                yield _attribute(context, role, "authenticator")


def _attribute(context: Context, role: str, through: str) -> Found:
    superuser = context.privileges.superuser(role)
    attribute = "NOSUPERUSER" if superuser else "NOBYPASSRLS"
    if through == role:
        hint, how = f"ALTER ROLE {sql.identifier(role)} {attribute};", "the Data API runs statements as it"
    else:
        hint = f"REVOKE {sql.identifier(role)} FROM {sql.identifier(through)};"
        how = "a token can name it"
    return Found(
        role,
        f'"{role}" {"is a superuser" if superuser else "bypasses row security"} on every table, and {how}',
        hint,
        severity="error" if through == role else "warning",
    )
