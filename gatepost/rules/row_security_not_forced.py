"""The rule `row-security-not-forced`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost import sql
from gatepost.analysis.context import Context
from gatepost.rules._registry import Found, rule
from gatepost.rules._wording import names


@rule(severity="error")
def row_security_not_forced(context: Context) -> Iterator[Found]:
    """Row security of a table does not hold for its owner, whom a role of the API belongs to.

    A declared table that is not forced is told by `drift`. Where the owner is out of the API's reach, or bypasses row
    security by its own attribute, forcing would change nothing for the API, and nothing is told.

    ## Why is this bad?
    Row security is not asked for the owner of a table, nor for a role that inherits from it, unless it is forced.

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
            continue  # forcing would not hold it; who may become such a role is told by role-bypasses-row-security
        roles = [
            role
            for role in privileges.api_roles
            if table.owner in privileges.inherited(role) | privileges.becomes(role)
        ]
        if roles:
            yield Found(
                str(table),
                f'row security of "{table}" does not hold for its owner "{table.owner}", and {names(roles)} belongs'
                " to that role: it reaches every row",
                f"ALTER TABLE {sql.qualified(table.schema, table.name)} FORCE ROW LEVEL SECURITY;",
            )
