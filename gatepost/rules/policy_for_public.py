"""The rule `policy-for-public`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.analysis.conditions.term_queries import sessions
from gatepost.analysis.context import Context
from gatepost.analysis.policy_questions import judged
from gatepost.rules._fixes import altered
from gatepost.rules._registry import Found, rule


@rule(severity="info")
def policy_for_public(context: Context) -> Iterator[Found]:
    """A policy is for PUBLIC, and only a signed-in user can pass it.

    ## Why is this bad?
    It is asked of every role, also of one that is made later, and the condition is evaluated for each request of
    somebody who is not signed in. `TO authenticated` says what is meant and costs nothing for the others.

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
        asks = any(session.kind in ("uid", "email", "claim") for term in terms for session in sessions(term))
        if asks and all(truth.never(term) for term in terms):
            yield Found(
                str(one.policy),
                f'the policy "{one.policy.name}" on "{one.table}" is for everybody, and nobody passes it who is not'
                " signed in",
                altered(one.policy, roles=("authenticated",)),
            )
