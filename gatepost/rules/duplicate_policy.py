"""The rule `duplicate-policy`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.analysis.context import Context
from gatepost.analysis.policy_questions import judged
from gatepost.rules._fixes import dropped
from gatepost.rules._registry import Found, rule


@rule(severity="warning", decided_by="style")
def duplicate_policy(context: Context) -> Iterator[Found]:
    """Two policies of a table say exactly the same.

    ## Why is this bad?
    Tightening one of them changes nothing, because the other still lets the rows through.

    ## Example
    ```sql
    CREATE TABLE public.note (id bigint PRIMARY KEY, user_id uuid NOT NULL, body text);
    ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
    GRANT SELECT ON public.note TO authenticated;
    CREATE POLICY own ON public.note FOR SELECT TO authenticated USING ((SELECT auth.uid()) = user_id);
    CREATE POLICY own_again ON public.note FOR SELECT TO authenticated USING ((SELECT auth.uid()) = user_id);
    ```

    ## Use instead
    ```sql
    DROP POLICY own_again ON public.note;
    ```

    ## References
    - https://www.postgresql.org/docs/17/sql-createpolicy.html
    """
    seen: dict[tuple[object, ...], str] = {}
    for one in judged(context, permissive=None):
        policy = one.policy
        content = (one.table.key, policy.command, policy.roles, policy.permissive, policy.using, policy.check)
        first = seen.setdefault(content, policy.name)
        if first != policy.name:
            yield Found(
                str(policy),
                f'the policy "{policy.name}" on "{one.table}" is the same as "{first}"',
                dropped(policy),
            )
