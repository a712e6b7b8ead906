"""The rule `sub-select-of-many-rows`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.analysis.conditions.term_queries import conjuncts
from gatepost.analysis.conditions.terms import Column, Compare, Scalar, Select, Term, unwrapped
from gatepost.analysis.context import Context
from gatepost.analysis.policy_questions import decisive
from gatepost.rules._registry import Found, rule
from gatepost.schema import Table


@rule(severity="warning", decided_by="witness")
def sub_select_of_many_rows(context: Context) -> Iterator[Found]:
    """A sub-select is used as one value but can return several rows.

    ## Why is this bad?
    As soon as a user is in two teams, all their statements fail with "more than one row returned by a subquery".

    ## Example
    ```sql
    CREATE TABLE public.member (team_id bigint, user_id uuid, PRIMARY KEY (team_id, user_id));
    CREATE TABLE public.plan (id bigint PRIMARY KEY, team_id bigint);
    ALTER TABLE public.member ENABLE ROW LEVEL SECURITY;
    ALTER TABLE public.plan ENABLE ROW LEVEL SECURITY;
    GRANT SELECT ON public.plan TO authenticated;
    CREATE POLICY team ON public.plan FOR SELECT TO authenticated USING (
        team_id = (SELECT m.team_id FROM public.member m WHERE m.user_id = (SELECT auth.uid())));
    ```

    ## Use instead
    ```sql
    ALTER POLICY team ON public.plan USING (
        team_id IN (SELECT m.team_id FROM public.member m WHERE m.user_id = (SELECT auth.uid())));
    ```

    ## References
    - https://www.postgresql.org/docs/17/sql-expressions.html#SQL-SYNTAX-SCALAR-SUBQUERIES
    """
    for one in decisive(context):
        for term in one.terms if one.roles else ():
            table = next((t for part in term.walk() if (t := _of_many(context, part)) is not None), None)
            if table is not None:
                yield Found(
                    str(one.policy),
                    f'the policy "{one.policy.name}" on "{one.table}" reads one value from "{table}". Every'
                    " statement fails"
                    " when several rows match",
                    "use IN or = ANY instead of =",
                )
                break


def _of_many(context: Context, part: Term) -> Table | None:
    """Return the table of a scalar sub-select whose conditions do not fix a key, or None."""
    if not isinstance(part, Scalar) or not isinstance(part.select, Select):
        return None
    select = part.select
    if select.one_row or select.others or len(select.sources) != 1:
        return None
    relation = select.sources[0].relation
    table = context.live.table(*relation) if relation is not None else None
    if table is None:
        return None
    fixed = {name for one in conjuncts(select.where) for name in _fixed(one, select.sources[0].name)}
    keys = [set(index.columns) for index in table.indexes if index.unique and index.valid and index.predicate is None]
    keys += [set(c.columns) for c in table.constraints if c.kind in ("primary key", "unique")]
    return None if any(key <= fixed for key in keys) else table


def _fixed(condition: Term, source: str) -> Iterator[str]:
    if isinstance(condition, Compare) and condition.op == "=":
        sides = (unwrapped(condition.left), unwrapped(condition.right))
        for one, other in (sides, sides[::-1]):
            own = {part.source for part in other.walk() if isinstance(part, Column)}
            if isinstance(one, Column) and one.source == source and source not in own:
                yield one.name
