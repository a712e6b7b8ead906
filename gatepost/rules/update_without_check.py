"""The rule `update-without-check`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.analysis.context import Context
from gatepost.analysis.policy_questions import judged
from gatepost.rules._fixes import altered
from gatepost.rules._registry import Found, rule


@rule(severity="info", decided_by="style")
def update_without_check(context: Context) -> Iterator[Found]:
    """A policy for updates does not limit what a row may become.

    ## Why is this bad?
    PostgreSQL then checks the new row against USING. That is right as long as both should be the same. Widening USING
    later also widens what may be written.

    ## Example
    ```sql
    CREATE TABLE public.note (id bigint PRIMARY KEY, user_id uuid NOT NULL, body text);
    ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
    GRANT SELECT, UPDATE ON public.note TO authenticated;
    CREATE POLICY edit ON public.note FOR UPDATE TO authenticated USING ((SELECT auth.uid()) = user_id);
    ```

    ## Use instead
    ```sql
    ALTER POLICY edit ON public.note WITH CHECK ((SELECT auth.uid()) = user_id);
    ```

    ## References
    - https://www.postgresql.org/docs/17/sql-createpolicy.html
    """
    for one in judged(context):
        if one.policy.command == "update" and one.policy.check is None and one.policy.using is not None and one.roles:
            yield Found(
                str(one.policy),
                f'the policy "{one.policy.name}" on "{one.table}" has no WITH CHECK, so its USING decides what a row'
                " may"
                " become",
                altered(one.policy, check=one.policy.using),
            )
