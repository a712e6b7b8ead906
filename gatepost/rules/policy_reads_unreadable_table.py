"""The rule `policy-reads-unreadable-table`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost import sql
from gatepost.analysis.conditions.term_queries import relations
from gatepost.analysis.context import Context
from gatepost.analysis.policy_questions import decisive
from gatepost.rules._registry import Found, rule
from gatepost.schema import is_platform


@rule(severity="warning", decided_by="catalog")
def policy_reads_unreadable_table(context: Context) -> Iterator[Found]:
    """A policy reads a table that its role may not read.

    ## Why is this bad?
    A sub-select in a policy runs with the caller's privileges. Every statement of the caller fails with "permission
    denied", and the quick fix, a grant, opens the other table.

    ## Example
    ```sql
    CREATE TABLE public.member (team_id bigint, user_id uuid, PRIMARY KEY (team_id, user_id));
    CREATE TABLE public.plan (id bigint PRIMARY KEY, team_id bigint);
    ALTER TABLE public.member ENABLE ROW LEVEL SECURITY;
    ALTER TABLE public.plan ENABLE ROW LEVEL SECURITY;
    REVOKE ALL ON public.member FROM authenticated;
    GRANT SELECT ON public.plan TO authenticated;
    CREATE POLICY team ON public.plan FOR SELECT TO authenticated USING (
        team_id IN (SELECT m.team_id FROM public.member m WHERE m.user_id = (SELECT auth.uid())));
    ```

    ## Use instead
    ```sql
    GRANT SELECT ON public.member TO authenticated;
    CREATE POLICY own ON public.member FOR SELECT TO authenticated USING ((SELECT auth.uid()) = user_id);
    ```

    ## References
    - https://www.postgresql.org/docs/17/ddl-rowsecurity.html
    """
    for one in decisive(context):
        read = sorted({relation for term in one.terms for relation in relations(term)})
        for relation in read:
            found = context.live.table(*relation) or context.live.view(*relation)
            roles = one.roles if one.policy.permissive else ()
            blind = [r for r in roles if found is not None and not context.privileges.reaches(r, found, "SELECT")]
            if found is None or not blind:
                continue
            yield Found(
                str(one.policy),
                f'every statement of "{blind[0]}" on "{one.table}" fails: the policy "{one.policy.name}" reads'
                f' "{found}", and "{blind[0]}" may not',
                _fix(relation, blind),
                detail=str(found),
            )
            break


def _fix(relation: tuple[str, str], blind: list[str]) -> str:
    """Return a grant; for a table of the platform another way, because its own row security still shows nothing."""
    if not is_platform(relation[0]):
        return f"GRANT SELECT ON {sql.qualified(*relation)} TO {sql.roles(blind)};"
    if relation == ("auth", "users"):
        return sql.comment(
            "compare with auth.uid(), auth.jwt() ->> 'email' or auth.jwt() -> 'app_metadata'; or read auth.users in a"
            " SECURITY DEFINER function in a schema that the API does not serve"
        )
    return sql.comment(f"read {'.'.join(relation)} in a SECURITY DEFINER function that the API does not serve")
