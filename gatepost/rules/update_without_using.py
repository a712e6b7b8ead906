"""The rule `update-without-using`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.analysis.context import Context
from gatepost.analysis.policy_questions import beside, callers, decisive
from gatepost.rules._fixes import altered
from gatepost.rules._registry import Found, rule


@rule(severity="warning", decided_by="catalog")
def update_without_using(context: Context) -> Iterator[Found]:
    """A policy for UPDATE has a WITH CHECK and no USING, so it never lets anybody change a row.

    ## Why is this bad?
    USING picks the rows that may be changed, and a permissive policy without it picks none. Every UPDATE through the
    policy changes 0 rows and raises no error.

    ## Example
    ```sql
    CREATE TABLE public.note (id bigint PRIMARY KEY, user_id uuid NOT NULL, body text);
    ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
    GRANT SELECT, UPDATE ON public.note TO authenticated;
    CREATE POLICY own ON public.note FOR SELECT TO authenticated USING ((SELECT auth.uid()) = user_id);
    CREATE POLICY edit ON public.note FOR UPDATE TO authenticated WITH CHECK ((SELECT auth.uid()) = user_id);
    ```

    ## Use instead
    ```sql
    ALTER POLICY edit ON public.note USING ((SELECT auth.uid()) = user_id);
    ```

    ## References
    - https://www.postgresql.org/docs/17/sql-createpolicy.html
    """
    for one in decisive(context):
        policy = one.policy
        if not policy.permissive or policy.using is not None or policy.check is None or not callers(one, "update"):
            continue
        if any("update" in other.commands and other.policy.using is not None for other in beside(context, one)):
            continue  # another policy picks the rows
        yield Found(
            str(policy),
            f'the policy "{policy.name}" never lets anybody update a row of "{one.table}": it has no USING, and so it'
            " picks no row",
            altered(policy, policy.check),
        )
