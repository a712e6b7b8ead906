"""The rule `write-without-select-policy`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.analysis.context import Context
from gatepost.analysis.policy_questions import callers, judged
from gatepost.rules._registry import Found, rule
from gatepost.rules._wording import names


@rule(severity="warning", decided_by="catalog")
def write_without_select_policy(context: Context) -> Iterator[Found]:
    """A policy allows a role to update or delete rows that it cannot see.

    ## Why is this bad?
    A statement has to see a row to find it. Without a policy for SELECT it changes nothing and still reports success.

    ## Example
    ```sql
    CREATE TABLE public.note (id bigint PRIMARY KEY, user_id uuid NOT NULL, body text);
    ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
    GRANT SELECT, UPDATE ON public.note TO authenticated;
    CREATE POLICY edit ON public.note FOR UPDATE TO authenticated USING ((SELECT auth.uid()) = user_id);
    ```

    ## Use instead
    ```sql
    CREATE POLICY own ON public.note FOR SELECT TO authenticated USING ((SELECT auth.uid()) = user_id);
    ```

    ## References
    - https://www.postgresql.org/docs/17/sql-createpolicy.html
    """
    for one in judged(context):
        if one.policy.command not in ("update", "delete"):
            continue
        listed = {
            role
            for other in context.analysis.by_table[one.table.key]
            if other.policy.permissive and "select" in other.commands
            for role in other.policy.roles
        }
        reading = {role for role in context.privileges.api_roles if context.privileges.inherited(role) & listed}
        for command in ("update", "delete"):
            blind = [role for role in callers(one, command) if role not in reading]
            if blind:
                yield Found(
                    str(one.policy),
                    f'{names(blind)} may {command} rows of "{one.table}" but cannot see any of them, so by the policy'
                    f' "{one.policy.name}" no {command.upper()} with a filter finds a row, and the Data API sends no'
                    " other",
                    f"add a policy for SELECT that lets {names(blind)} see the rows they may {command}",
                )
                break
