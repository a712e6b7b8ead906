"""The rule `grant-without-policy`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gatepost import sql
from gatepost.analysis.context import Context
from gatepost.rules._registry import Found, rule
from gatepost.rules._wording import joined, names
from gatepost.schema import COMMANDS, Table


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
                f'{joined(roles)} may {joined(commands)} "{table}" by a grant, but no policy lets a row through'
                f"{_also(context, table, commands, roles)}",
                f"REVOKE {', '.join(commands)} ON {name} FROM {sql.roles(roles)};",
                detail=",".join(roles),
            )


def _also(context: Context, table: Table, commands: Sequence[str], roles: Sequence[str]) -> str:
    """Return what else the same roles are refused: an upsert of a row that is there, and to read rows at all."""
    privileges = context.privileges
    upserting = [r for r in roles if "UPDATE" in commands and privileges.writes(r, table, "insert")]
    said = [f"an upsert by {joined(upserting)} is refused where the row is there already"] if upserting else []
    seen_by = sorted(
        {one for p in table.policies if p.permissive and p.command in ("select", "all") for one in p.roles}
    )
    blind = [r for r in roles if privileges.reaches(r, table, "SELECT") and not privileges.writes(r, table, "select")]
    if blind and seen_by:
        said.append(f"nor does one for SELECT, since those there are for {names(seen_by)}")
    return "".join(f"; {one}" for one in said)
