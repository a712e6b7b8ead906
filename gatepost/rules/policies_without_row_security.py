"""The rule `policies-without-row-security`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost import sql
from gatepost.analysis.context import Context
from gatepost.analysis.privileges import ROW_PRIVILEGES
from gatepost.rules._registry import Found, rule


@rule(severity="error", decided_by="catalog")
def policies_without_row_security(context: Context) -> Iterator[Found]:
    """A table has policies, but its row security is off.

    ## Why is this bad?
    The policies look like protection, but PostgreSQL ignores them.

    ## Example
    ```sql
    CREATE TABLE public.note (id int PRIMARY KEY, owner uuid);
    GRANT SELECT ON public.note TO authenticated;
    CREATE POLICY own ON public.note FOR SELECT TO authenticated USING ((SELECT auth.uid()) = owner);
    ```

    ## Use instead
    ```sql
    ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
    ALTER TABLE public.note FORCE ROW LEVEL SECURITY;
    ```

    ## References
    - https://www.postgresql.org/docs/17/ddl-rowsecurity.html
    """
    for table in context.reachable_tables:
        if not table.policies or table.row_security.enabled:
            continue
        count = len(table.policies)
        policies = f'the policy "{table.policies[0].name}"' if count == 1 else f"{count} policies"
        yield Found(
            str(table),
            f'{policies} on "{table}" {"has" if count == 1 else "have"} no effect, because row security is off',
            f"ALTER TABLE {sql.qualified(table.schema, table.name)} ENABLE ROW LEVEL SECURITY;",
            severity="error" if context.privileges.who(table, *ROW_PRIVILEGES) else "warning",
        )
