"""The rule `signed-in-is-enough`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.analysis import PolicyFacts
from gatepost.analysis.context import Context
from gatepost.analysis.loose_conditions import shape
from gatepost.analysis.policy_questions import Access, judged, loosest, read_severity, restricted
from gatepost.finding import Severity
from gatepost.rules._fixes import tied_to_owner
from gatepost.rules._registry import Found, rule
from gatepost.schema import Command

_ACTIONS: dict[Command, str] = {"select": "read", "update": "change", "delete": "delete"}


@rule(severity="error", decided_by="trial")
def signed_in_is_enough(context: Context) -> Iterator[Found]:
    """A policy checks only that somebody is signed in, but the rows have an owner.

    ## Why is this bad?
    Anyone can create an account. `auth.uid() IS NOT NULL`, `auth.role() = 'authenticated'` and a profile that every
    user has are true for a stranger too.

    ## Example
    ```sql
    CREATE TABLE public.note (id bigint PRIMARY KEY, user_id uuid NOT NULL, body text);
    ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
    GRANT SELECT ON public.note TO authenticated;
    CREATE POLICY read ON public.note FOR SELECT TO authenticated USING ((SELECT auth.uid()) IS NOT NULL);
    ```

    ## Use instead
    ```sql
    ALTER POLICY read ON public.note USING ((SELECT auth.uid()) = user_id);
    ```

    ## References
    - https://supabase.com/docs/guides/database/postgres/row-level-security
    """
    for one in judged(context):
        for command in ("select", "update", "delete"):
            role = loosest(context, one, command)
            if role is None or restricted(context, one.table, role, command):
                continue
            severity = _severity(context, one, command, role)
            if severity is not None:
                yield Found(
                    str(one.policy),
                    f'any account can {_ACTIONS[command]} other users\' rows of "{one.table}": the policy'
                    f' "{one.policy.name}" only checks that somebody is signed in',
                    tied_to_owner(context, one),
                    severity=severity,
                    access=Access(one, command, role),
                )
                break


def _severity(context: Context, one: PolicyFacts, command: Command, role: str) -> Severity | None:
    analysis = context.analysis
    found = shape(one.condition(command), analysis.truth(one.table, role), context.ownership)
    if found not in ("session", "everybody"):
        return None
    if command == "select":
        return read_severity(context, one.table, role)
    return "error" if analysis.owner_columns(one.table) else "warning"
