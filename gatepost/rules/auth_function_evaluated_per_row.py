"""The rule `auth-function-evaluated-per-row`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.analysis.conditions.terms import OncePerStatement, Session, Term, remembered
from gatepost.analysis.context import Context
from gatepost.analysis.policy_questions import decisive, size
from gatepost.rules._registry import Found, rule

_CHEAP = ("current_user", "session_user")


@rule(severity="warning", decided_by="style")
def auth_function_evaluated_per_row(context: Context) -> Iterator[Found]:
    """A policy reads the session again for every row.

    ## Why is this bad?
    `auth.uid()` parses the token's claims. Written as `(SELECT auth.uid())` it is evaluated once per statement.
    Supabase measured 9 ms instead of 179 ms on 100,000 rows. The finding is a warning on a large table and information
    on others.

    ## Example
    ```sql
    CREATE TABLE public.note (id bigint PRIMARY KEY, user_id uuid NOT NULL, body text);
    ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
    GRANT SELECT ON public.note TO authenticated;
    CREATE POLICY own ON public.note FOR SELECT TO authenticated USING (auth.uid() = user_id);
    ```

    ## Use instead
    ```sql
    ALTER POLICY own ON public.note USING ((SELECT auth.uid()) = user_id);
    ```

    ## References
    - https://supabase.com/docs/guides/database/postgres/row-level-security-performance
    """
    for one in decisive(context):
        if one.roles and any(_bare_session(term) for term in one.terms):
            yield Found(
                str(one.policy),
                f'the policy "{one.policy.name}" reads the session again for every row of "{one.table}"',
                "write (SELECT auth.uid()) instead of auth.uid()",
                severity=size(one.table),
            )


@remembered
def _bare_session(term: Term) -> bool:
    if isinstance(term, Session):
        return term.kind not in _CHEAP
    return not isinstance(term, OncePerStatement) and any(_bare_session(part) for part in term.parts)
