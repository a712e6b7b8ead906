"""The rule `policy-for-public`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.analysis.conditions.term_queries import sessions
from gatepost.analysis.context import Context
from gatepost.analysis.policy_questions import judged
from gatepost.rules._fixes import altered
from gatepost.rules._registry import Found, rule


@rule(severity="info", decided_by="style")
def policy_for_public(context: Context) -> Iterator[Found]:
    """A policy applies to PUBLIC, but only signed-in users can pass it.

    ## Why is this bad?
    PostgreSQL checks it for every role, including roles created later, and evaluates the condition for every request
    without a user. `TO authenticated` says what is intended and costs nothing for the others.

    ## Example
    ```sql
    CREATE TABLE public.note (id bigint PRIMARY KEY, user_id uuid NOT NULL, body text);
    ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
    GRANT SELECT ON public.note TO authenticated;
    CREATE POLICY own ON public.note FOR SELECT USING ((SELECT auth.uid()) = user_id);
    ```

    ## Use instead
    ```sql
    ALTER POLICY own ON public.note TO authenticated;
    ```

    ## References
    - https://supabase.com/docs/guides/database/postgres/row-level-security-performance
    """
    if not context.live.has_role("anon"):
        return
    for one in judged(context):
        if one.policy.roles != ("public",):
            continue
        terms = one.followed
        truth = context.analysis.truth(one.table, "anon")
        reads_caller = any(session.kind in ("uid", "email", "claim") for term in terms for session in sessions(term))
        if reads_caller and all(truth.never(term) for term in terms):
            yield Found(
                str(one.policy),
                f'Policy "{one.policy.name}" on "{one.table}" applies to PUBLIC, but only signed-in users can pass it',
                altered(one.policy, roles=("authenticated",)),
            )
