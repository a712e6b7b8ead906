"""The rule `helper-not-followed`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.analysis.conditions.terms import Unknown
from gatepost.analysis.context import Context
from gatepost.analysis.policy_questions import decisive
from gatepost.rules._registry import Found, rule


@rule(severity="info", decided_by="witness")
def helper_not_followed(context: Context) -> Iterator[Found]:
    """A policy calls a function whose body could not be understood as a condition.

    ## Why is this bad?
    It need not be bad. But the function's decision was not checked, so the other rules say nothing about it.

    ## Example
    ```sql
    CREATE TABLE public.note (id bigint PRIMARY KEY, user_id uuid NOT NULL, body text);
    CREATE SCHEMA private;
    CREATE FUNCTION private.may_see(note bigint) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
        BEGIN
            EXECUTE 'SELECT 1';
            RETURN note > 0;
        END $$;
    ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
    GRANT SELECT ON public.note TO authenticated;
    CREATE POLICY seen ON public.note FOR SELECT TO authenticated USING (private.may_see(id));
    ```

    ## Use instead
    ```sql
    CREATE OR REPLACE FUNCTION private.may_see(note bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
        SELECT EXISTS (SELECT 1 FROM public.note n WHERE n.id = $1 AND n.user_id = (SELECT auth.uid())) $$;
    ```

    ## References
    - https://www.postgresql.org/docs/17/xfunc-sql.html
    """
    unfollowed: dict[str, str] = {}
    for one in decisive(context):
        for term in one.terms if one.roles else ():
            for function in context.analysis.follower.functions(term):
                if context.analysis.follower.body(function).all_of_type(Unknown):
                    unfollowed.setdefault(str(function), str(one.policy))
    for name, policy in sorted(unfollowed.items()):
        yield Found(
            name,
            f'the decision of the function "{name}" was not checked, and the policy "{policy}" depends on it',
        )
