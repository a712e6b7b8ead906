"""The rule `condition-always-true`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.analysis.context import Context
from gatepost.analysis.loose_conditions import shape
from gatepost.analysis.policy_questions import Access, callers, judged, who
from gatepost.rules._fixes import tied_to_owner
from gatepost.rules._registry import Found, rule


@rule(severity="error", decided_by="trial")
def condition_always_true(context: Context) -> Iterator[Found]:
    """A condition looks as if it depends on the row but is true for every row.

    ## Why is this bad?
    `user_id = user_id`, `id IS NOT NULL`, `… OR true` and an EXISTS over a count let every row through, and look as if
    they did not.

    ## Example
    ```sql
    CREATE TABLE public.note (id bigint PRIMARY KEY, user_id uuid NOT NULL, body text);
    ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
    GRANT SELECT ON public.note TO authenticated;
    CREATE POLICY own ON public.note FOR SELECT TO authenticated USING (user_id = user_id);
    ```

    ## Use instead
    ```sql
    ALTER POLICY own ON public.note USING ((SELECT auth.uid()) = user_id);
    ```

    ## References
    - https://www.postgresql.org/docs/17/ddl-rowsecurity.html
    """
    analysis = context.analysis
    for one in judged(context):
        for command in one.commands:
            roles = callers(one, command)
            if not roles or not context.ownership.ties_nothing(one.condition(command), one.table, roles[-1]):
                continue
            role = roles[-1]
            if shape(one.condition(command), analysis.truth(one.table, role), context.ownership) == "always true":
                yield Found(
                    str(one.policy),
                    f'{who(roles[0])} passes the policy "{one.policy.name}" on "{one.table}" with every row: its'
                    " condition"
                    " compares a value with itself, or cannot fail",
                    tied_to_owner(context, one),
                    access=Access(one, command, role),
                )
                break
