"""The rule `restriction-declared-permissive`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost import sql
from gatepost.analysis import PolicyFacts
from gatepost.analysis.context import Context
from gatepost.analysis.loose_conditions import is_guard
from gatepost.analysis.policy_questions import beside, callers, judged
from gatepost.rules._fixes import dropped
from gatepost.rules._registry import Found, rule
from gatepost.schema import Command, Policy


@rule(severity="error", decided_by="trial")
def restriction_declared_permissive(context: Context) -> Iterator[Found]:
    """A policy that should restrict access is permissive and grants it.

    ## Why is this bad?
    Permissive policies are combined with OR. A condition such as "not deleted" or "second factor used" does not narrow
    the owner policy next to it. Every row that is not deleted is open to everyone.

    ## Example
    ```sql
    CREATE TABLE public.note (id bigint PRIMARY KEY, user_id uuid NOT NULL, deleted_at timestamptz);
    ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
    GRANT SELECT ON public.note TO authenticated;
    CREATE POLICY own ON public.note FOR SELECT TO authenticated USING ((SELECT auth.uid()) = user_id);
    CREATE POLICY live ON public.note FOR SELECT TO authenticated USING (deleted_at IS NULL);
    ```

    ## Use instead
    ```sql
    DROP POLICY live ON public.note;
    CREATE POLICY live ON public.note AS RESTRICTIVE FOR SELECT TO authenticated USING (deleted_at IS NULL);
    ```

    ## References
    - https://www.postgresql.org/docs/17/sql-createpolicy.html
    """
    for one in judged(context):
        undone = next((c for c in one.commands if _undoes(context, one, c)), None)
        if undone is not None:
            yield Found(
                str(one.policy),
                f'the policy "{one.policy.name}" on "{one.table}" is permissive, so it grants access to every row'
                " that it"
                " should only keep",
                _restrictive(one.policy),
            )


def _undoes(context: Context, one: PolicyFacts, command: Command) -> bool:
    """Return whether a condition that should only restrict is combined by OR with one that ties rows to the caller."""
    term = one.condition(command)
    if not is_guard(term):
        return False
    ownership = context.ownership
    return any(
        ownership.ties_nothing(term, one.table, role)
        and any(
            command in o.commands
            and role in o.callers[command]
            and ownership.columns_tied(o.condition(command), o.table, role)
            for o in beside(context, one)
        )
        for role in callers(one, command)
    )


def _restrictive(policy: Policy) -> str:
    clauses = f" USING ({policy.using})" if policy.using is not None else ""
    clauses += f" WITH CHECK ({policy.check})" if policy.check is not None else ""
    name = f"{sql.identifier(policy.name)} ON {sql.qualified(policy.schema, policy.table)}"
    return (
        f"{dropped(policy)}\nCREATE POLICY {name}"
        f" AS RESTRICTIVE FOR {policy.command.upper()} TO {sql.roles(policy.roles)}{clauses};"
    )
