"""The rule `policy-recursion`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.analysis.context import Context
from gatepost.analysis.policy_recursion import cycles
from gatepost.rules._registry import Found, rule


@rule(severity="error", decided_by="trial")
def policy_recursion(context: Context) -> Iterator[Found]:
    """Policies check each other without end.

    ## Why is this bad?
    Every statement on the table fails with "infinite recursion detected in policy". The quick fix is often to switch
    row security off.

    ## Example
    ```sql
    CREATE TABLE public.member (team_id bigint, user_id uuid, PRIMARY KEY (team_id, user_id));
    ALTER TABLE public.member ENABLE ROW LEVEL SECURITY;
    GRANT SELECT ON public.member TO authenticated;
    CREATE POLICY team ON public.member FOR SELECT TO authenticated USING (
        team_id IN (SELECT m.team_id FROM public.member m WHERE m.user_id = (SELECT auth.uid())));
    ```

    ## Use instead
    ```sql
    CREATE SCHEMA private;
    CREATE FUNCTION private.teams() RETURNS SETOF bigint LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
        AS $$ SELECT team_id FROM public.member WHERE user_id = (SELECT auth.uid()) $$;
    ALTER POLICY team ON public.member USING (team_id IN (SELECT private.teams()));
    ```

    ## References
    - https://www.postgresql.org/docs/17/ddl-rowsecurity.html
    """
    for table, command, path in cycles(context.analysis):
        way = " → ".join(f'"{".".join(key)}"' for key in path)
        yield Found(
            str(table),
            f'{command} on "{table}" fails with infinite recursion: its policies read {way}',
            "read the table in a SECURITY DEFINER function in a schema that the API does not serve",
        )
