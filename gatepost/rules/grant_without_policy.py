"""The rule `grant-without-policy`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost import sql
from gatepost.analysis.context import Context
from gatepost.rules._registry import Found, rule
from gatepost.rules._wording import joined
from gatepost.schema import COMMANDS


@rule(severity="info", decided_by="catalog")
def grant_without_policy(context: Context) -> Iterator[Found]:
    """A role may write to a table by a grant, but no policy lets any row through.

    Information, because the platform granted everything on every new table until 2026. The rule
    `row-security-without-policies` reports a table that has no policy at all.

    ## Why is this bad?
    The grant does nothing today. If somebody later writes a policy that is too wide, the grant is already there. Until
    then an UPDATE or DELETE reports success and changes no rows.

    ## Example
    ```sql
    CREATE TABLE public.note (id int PRIMARY KEY, owner uuid);
    ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
    GRANT SELECT, DELETE ON public.note TO authenticated;
    CREATE POLICY own ON public.note FOR SELECT TO authenticated USING ((SELECT auth.uid()) = owner);
    ```

    ## Use instead
    ```sql
    REVOKE DELETE ON public.note FROM authenticated;
    ```

    ## References
    - https://www.postgresql.org/docs/17/ddl-rowsecurity.html
    """
    privileges = context.privileges
    for table in context.reachable_tables:
        if not table.row_security.enabled or not table.policies:
            continue
        idle: dict[tuple[str, ...], list[str]] = {}
        for role in privileges.api_roles:
            if privileges.bypasses(role, table):
                continue
            commands = tuple(
                c.upper()
                for c in COMMANDS[1:]
                if privileges.reaches(role, table, c.upper()) and not privileges.writes(role, table, c)
            )
            if commands:
                idle.setdefault(commands, []).append(role)
        for commands, roles in idle.items():
            name = sql.qualified(table.schema, table.name)
            yield Found(
                str(table),
                f'{joined(roles)} may {joined(commands)} "{table}" by a grant, but no policy lets a row through',
                f"REVOKE {', '.join(commands)} ON {name} FROM {sql.roles(roles)};",
                detail=",".join(roles),
            )
