"""The rule `policy-for-bypassing-role`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.analysis.context import Context
from gatepost.analysis.policy_questions import judged
from gatepost.rules._fixes import dropped
from gatepost.rules._registry import Found, rule
from gatepost.rules._wording import names


@rule(severity="info", decided_by="style")
def policy_for_bypassing_role(context: Context) -> Iterator[Found]:
    """A policy is only for roles that bypass row security.

    ## Why is this bad?
    It does nothing, but its readers believe that it limits the role.

    ## Example
    ```sql
    CREATE TABLE public.note (id bigint PRIMARY KEY, body text);
    ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
    CREATE POLICY backend ON public.note TO service_role USING (true);
    ```

    ## Use instead
    ```sql
    DROP POLICY backend ON public.note;
    ```

    ## References
    - https://www.postgresql.org/docs/17/ddl-rowsecurity.html
    """
    for one in judged(context, permissive=None):
        if all(role != "public" and context.privileges.bypass_attribute(role) for role in one.policy.roles):
            yield Found(
                str(one.policy),
                f'the policy "{one.policy.name}" on "{one.table}" does nothing, because {names(one.policy.roles)}'
                " bypasses"
                " row security",
                dropped(one.policy),
            )
