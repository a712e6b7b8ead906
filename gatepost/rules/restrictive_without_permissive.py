"""The rule `restrictive-without-permissive`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.analysis.conditions.terms import FALSE
from gatepost.analysis.context import Context
from gatepost.analysis.policy_questions import callers, judged
from gatepost.rules._registry import Found, rule
from gatepost.rules._wording import names


@rule(severity="warning", decided_by="catalog")
def restrictive_without_permissive(context: Context) -> Iterator[Found]:
    """A restrictive policy has no permissive one beside it, so no row passes.

    ## Why is this bad?
    A restrictive policy only takes away from what a permissive one allows. Without one, every row stays hidden, and
    people often fix that by adding a permissive `true`.

    ## Example
    ```sql
    CREATE TABLE public.note (id bigint PRIMARY KEY, user_id uuid NOT NULL, body text);
    ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
    GRANT SELECT ON public.note TO authenticated;
    CREATE POLICY own ON public.note AS RESTRICTIVE FOR SELECT TO authenticated
        USING ((SELECT auth.uid()) = user_id);
    ```

    ## Use instead
    ```sql
    DROP POLICY own ON public.note;
    CREATE POLICY own ON public.note FOR SELECT TO authenticated USING ((SELECT auth.uid()) = user_id);
    ```

    ## References
    - https://www.postgresql.org/docs/17/sql-createpolicy.html
    """
    for one in judged(context, permissive=False):
        if FALSE in one.terms or not one.roles:
            continue
        beside = [other for other in context.analysis.by_table[one.table.key] if other.policy.permissive]
        allowed = {(c, role) for o in beside for c in o.commands for role in callers(o, c)}
        restricted = {(command, role) for command in one.commands for role in callers(one, command)}
        if restricted and not restricted & allowed:
            yield Found(
                str(one.policy),
                f'no row of "{one.table}" passes for {names(one.roles)}: the policy "{one.policy.name}" is'
                " restrictive, and"
                " no permissive policy allows anything",
                "make it permissive, or add a policy that allows access",
            )
