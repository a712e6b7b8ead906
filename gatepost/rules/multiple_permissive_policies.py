"""The rule `multiple-permissive-policies`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from gatepost.analysis import PolicyFacts
from gatepost.analysis.context import Context
from gatepost.analysis.policy_questions import decisive, size
from gatepost.rules._registry import Found, rule
from gatepost.rules._wording import names


@rule(severity="warning")
def multiple_permissive_policies(context: Context) -> Iterator[Found]:
    """Several permissive policies are asked of one role for one command.

    ## Why is this bad?
    Each is evaluated for each row until one passes, and an OR over different columns uses no index. One policy with
    the whole condition is also easier to read. It is a warning on a big table only.

    ## Example
    ```sql
    CREATE TABLE public.note (id bigint PRIMARY KEY, user_id uuid NOT NULL, published boolean NOT NULL);
    ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
    GRANT SELECT ON public.note TO authenticated;
    CREATE POLICY own ON public.note FOR SELECT TO authenticated USING ((SELECT auth.uid()) = user_id);
    CREATE POLICY shown ON public.note FOR SELECT TO authenticated USING (published);
    ```

    ## Use instead
    ```sql
    DROP POLICY shown ON public.note;
    ALTER POLICY own ON public.note USING (published OR (SELECT auth.uid()) = user_id);
    ```

    ## References
    - https://supabase.com/docs/guides/database/postgres/row-level-security-performance
    """
    asked: dict[tuple[str, str], dict[tuple[str, str], list[PolicyFacts]]] = defaultdict(lambda: defaultdict(list))
    for one in decisive(context):
        for command in one.commands if one.policy.permissive else ():
            for role in one.callers[command]:
                asked[one.table.key][role, command].append(one)
    for pairs in asked.values():
        several = next((pair for pair, policies in sorted(pairs.items()) if len(policies) > 1), None)
        if several is not None:
            policies = pairs[several]
            table = policies[0].table
            yield Found(
                str(table),
                f'{several[1]} on "{table}" asks {names(one.policy.name for one in policies)} of "{several[0]}" for'
                " each row",
                "write one policy with the whole condition",
                severity=size(table),
            )
