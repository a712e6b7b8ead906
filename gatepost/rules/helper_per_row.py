"""The rule `helper-per-row`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.analysis import Analysis
from gatepost.analysis.conditions.term_queries import relations, row_columns
from gatepost.analysis.conditions.terms import Call, OncePerStatement, Select, Term
from gatepost.analysis.context import Context
from gatepost.analysis.policy_questions import decisive, size
from gatepost.rules._registry import Found, rule


@rule(severity="warning", decided_by="style")
def helper_per_row(context: Context) -> Iterator[Found]:
    """A policy runs a function that reads tables once for every row.

    ## Why is this bad?
    Every row costs an extra query. A call without an argument from the row can stand in a sub-select, which runs once.
    A function that needs the row can return the set of allowed values instead. The finding is a warning on a large
    table and information on others.

    ## Example
    ```sql
    CREATE TABLE public.member (team_id bigint, user_id uuid, PRIMARY KEY (team_id, user_id));
    CREATE TABLE public.plan (id bigint PRIMARY KEY, team_id bigint);
    CREATE SCHEMA private;
    CREATE FUNCTION private.in_team(team bigint) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
        SET search_path = '' AS $$
        SELECT EXISTS (SELECT 1 FROM public.member m WHERE m.team_id = team AND m.user_id = (SELECT auth.uid())) $$;
    ALTER TABLE public.plan ENABLE ROW LEVEL SECURITY;
    GRANT SELECT ON public.plan TO authenticated;
    CREATE POLICY team ON public.plan FOR SELECT TO authenticated USING (private.in_team(team_id));
    ```

    ## Use instead
    ```sql
    CREATE FUNCTION private.teams() RETURNS SETOF bigint LANGUAGE sql STABLE SECURITY DEFINER
        SET search_path = '' AS $$ SELECT team_id FROM public.member WHERE user_id = (SELECT auth.uid()) $$;
    ALTER POLICY team ON public.plan USING (team_id = ANY (ARRAY(SELECT private.teams())));
    ```

    ## References
    - https://supabase.com/docs/guides/database/postgres/row-level-security-performance
    """
    for one in decisive(context):
        for term in one.terms if one.roles else ():
            call = next(_per_row(context.analysis, term), None)
            if call is not None:
                fix = "return the set of allowed values" if row_columns(call) else "write (SELECT …) around the call"
                yield Found(
                    str(one.policy),
                    f'the policy "{one.policy.name}" runs the queries of "{".".join(call.name)}" for every row of'
                    f' "{one.table}"',
                    fix,
                    severity=size(one.table),
                )
                break


def _per_row(analysis: Analysis, term: Term) -> Iterator[Call]:
    if not term.all_of_type(Call) or (isinstance(term, OncePerStatement | Select) and not row_columns(term)):
        return
    if isinstance(term, Call):
        function = analysis.follower.function(term)
        if function is not None and relations(analysis.follower.body(function)):
            yield term
    for part in term.parts:
        yield from _per_row(analysis, part)
