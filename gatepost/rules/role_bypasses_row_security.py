"""The rule `role-bypasses-row-security`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost import sql
from gatepost.analysis.context import Context
from gatepost.rules._registry import Found, rule

_ALL_DATA = frozenset({"pg_read_all_data", "pg_write_all_data"})
"""PostgreSQL's predefined roles for all data (https://www.postgresql.org/docs/17/predefined-roles.html)."""


@rule(severity="error", decided_by="catalog")
def role_bypasses_row_security(context: Context) -> Iterator[Found]:
    """An API role bypasses row security, by itself or through another role.

    A warning for another role that a token can name, because it may have been created for the backend.

    ## Why is this bad?
    No policy limits a superuser or a role with BYPASSRLS, on any table, even if row security is forced. A member does
    not inherit the attribute, but it can switch to the other role and inherits what that role owns.

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
                    f'"{role}" is a member of "{other}", which bypasses row security on every table',
                    f"REVOKE {sql.identifier(other)} FROM {sql.identifier(role)};",
                    detail=other,
                )
        for other in sorted(privileges.inherited(role) & _ALL_DATA):
            yield Found(
                role,
                f'"{role}" is a member of "{other}", which can access every table without a grant',
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
