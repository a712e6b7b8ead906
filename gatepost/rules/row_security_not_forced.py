"""The rule `row-security-not-forced`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost import sql
from gatepost.analysis.context import Context
from gatepost.rules._registry import Found, rule
from gatepost.rules._wording import names


@rule(severity="error", decided_by="catalog")
def row_security_not_forced(context: Context) -> Iterator[Found]:
    """Row security of a table does not apply to its owner, and an API role is a member of the owner.

    The rule `drift` reports a declared table that is not forced. Nothing is reported where the API cannot act as the
    owner, or where the owner bypasses row security by its own attribute, because forcing would change nothing.

    ## Why is this bad?
    Row security does not apply to a table's owner, nor to a role that inherits from it, unless it is forced.

    ## Example
    ```sql
    CREATE ROLE note_keeper;
    GRANT note_keeper TO authenticated;
    CREATE TABLE public.note (id int PRIMARY KEY, body text);
    ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
    GRANT note_keeper TO postgres;
    GRANT CREATE ON SCHEMA public TO note_keeper;
    ALTER TABLE public.note OWNER TO note_keeper;
    REVOKE CREATE ON SCHEMA public FROM note_keeper;
    ```

    ## Use instead
    ```sql
    ALTER TABLE public.note FORCE ROW LEVEL SECURITY;
    ```

    ## References
    - https://www.postgresql.org/docs/17/sql-altertable.html#SQL-ALTERTABLE-DESC-FORCE-ROW-LEVEL-SECURITY
    """
    privileges = context.privileges
    for table in context.reachable_tables:
        state = table.row_security
        if table.kind == "foreign" or not state.enabled or state.forced:
            continue
        if privileges.bypass_attribute(table.owner):
            continue  # forcing would change nothing; role-bypasses-row-security reports who can become such a role
        roles = [
            role
            for role in privileges.api_roles
            if table.owner in privileges.inherited(role) | privileges.becomes(role)
        ]
        if roles:
            yield Found(
                str(table),
                f'row security of "{table}" does not apply to its owner "{table.owner}", and {names(roles)} is a member'
                " of that role and can access every row",
                f"ALTER TABLE {sql.qualified(table.schema, table.name)} FORCE ROW LEVEL SECURITY;",
            )
