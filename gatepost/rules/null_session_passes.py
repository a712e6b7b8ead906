"""The rule `null-session-passes`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from gatepost.analysis import PolicyFacts
from gatepost.analysis.conditions.caller import Caller
from gatepost.analysis.conditions.terms import FALSE, Session
from gatepost.analysis.conditions.three_valued_logic import Truth
from gatepost.analysis.context import Context
from gatepost.analysis.loose_conditions import passes_by_nothing
from gatepost.analysis.policy_questions import Access, callers, decisive, lone_guard
from gatepost.rules._registry import Found, rule
from gatepost.schema import Command


@rule(severity="error", decided_by="trial")
def null_session_passes(context: Context) -> Iterator[Found]:
    """Rows pass because the session has no user, or the token lacks a claim.

    ## Why is this bad?
    `auth.uid()` is NULL without a user. `auth.uid() IS NULL OR …`, `IS NOT DISTINCT FROM` and a `coalesce` that falls
    back to the row turn that NULL into access for everyone.

    ## Example
    ```sql
    CREATE TABLE public.note (id bigint PRIMARY KEY, user_id uuid, body text);
    ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
    GRANT SELECT ON public.note TO anon, authenticated;
    CREATE POLICY own ON public.note FOR SELECT TO anon, authenticated
        USING (user_id = coalesce((SELECT auth.uid()), user_id));
    ```

    ## Use instead
    ```sql
    ALTER POLICY own ON public.note TO authenticated USING ((SELECT auth.uid()) = user_id);
    ```

    ## References
    - https://supabase.com/docs/guides/database/postgres/row-level-security
    """
    for one in decisive(context):
        if not one.policy.permissive and not lone_guard(context, one):
            continue
        for command in one.commands:
            role, lacking, bare = _lacking(context, one, command)
            if lacking:
                yield Found(
                    str(one.policy),
                    f'rows of "{one.table}" pass the policy "{one.policy.name}" because {lacking}',
                    f"compare so that NULL does not pass, and use TO authenticated: {one.policy.name}",
                    access=Access(one, command, role, beyond=FALSE, missing_claims=bare),
                )
                break


def _lacking(context: Context, one: PolicyFacts, command: Command) -> tuple[str, str, bool]:
    """Return a role that passes because its session lacks something, what that is, and whether it is a claim."""
    term = one.condition(command)
    for role in callers(one, command):
        plain = context.analysis.truth(one.table, role, owned=command == "insert")  # a guest may add what is nobody's
        if role == "anon" and passes_by_nothing(term, plain):
            return role, "nobody is signed in", False
        bare = _without_claims(plain.caller)
        lacked = {session.kind for session in term.all_of_type(Session) if bare.value(session) is None}
        if (role != "anon" or "request" in lacked) and lacked and passes_by_nothing(term, Truth(bare, plain.filled)):
            what = "the request has no such header" if "request" in lacked else "the token has no such claim"
            return role, what, True
    return "", "", False


@cache
def _without_claims(caller: Caller) -> Caller:
    return replace(caller, missing_claims=True)
