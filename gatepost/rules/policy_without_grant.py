"""The rule `policy-without-grant`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost import sql
from gatepost.analysis.context import Context
from gatepost.rules._registry import Found, rule
from gatepost.rules._wording import joined, names
from gatepost.schema import COMMANDS


@rule(severity="info", decided_by="catalog")
def policy_without_grant(context: Context) -> Iterator[Found]:
    """A policy lets rows through for a role that has no privilege on the table.

    ## Why is this bad?
    Nothing leaks, because the role is refused before the policy is checked. But the role was intended to have access,
    and since 2026 the platform grants nothing by itself.

    ## Example
    ```sql
    CREATE TABLE public.note (id int PRIMARY KEY, owner uuid);
    ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
    CREATE POLICY own ON public.note FOR SELECT TO authenticated USING ((SELECT auth.uid()) = owner);
    ```

    ## Use instead
    ```sql
    GRANT SELECT ON public.note TO authenticated;
    ```

    ## References
    - https://www.postgresql.org/docs/17/ddl-rowsecurity.html
    """
    privileges = context.privileges
    known = set(privileges.api_roles)
    for table in context.reachable_tables:
        for policy in table.policies:
            if not policy.permissive or not table.row_security.enabled:
                continue
            commands = [c.upper() for c in (COMMANDS if policy.command == "all" else (policy.command,))]
            roles = [role for role in policy.roles if role in known]
            idle = [r for r in roles if not any(privileges.holds(r, table, c) for c in commands)]
            if idle:
                name = sql.qualified(table.schema, table.name)
                yield Found(
                    str(policy),
                    f'the policy "{policy.name}" lets {names(idle)} {joined(commands, "or")} rows of "{table}", but no'
                    " grant does",
                    f"GRANT {', '.join(commands)} ON {name} TO {sql.roles(idle)};",
                )
