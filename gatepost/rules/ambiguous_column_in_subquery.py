"""The rule `ambiguous-column-in-subquery`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.analysis.conditions.term_queries import captured, row_columns, same_sides
from gatepost.analysis.conditions.terms import Call, Column, Compare, Select, Term, unwrapped
from gatepost.analysis.context import Context
from gatepost.analysis.policies import PolicyFacts
from gatepost.analysis.policy_questions import decisive
from gatepost.analysis.row_ownership import ONLY_AN_AUTHORITY
from gatepost.rules._registry import Found, rule
from gatepost.schema import Table


@rule(severity="error", decided_by="trial")
def ambiguous_column_in_subquery(context: Context) -> Iterator[Found]:
    """A sub-select compares two columns of its own table where one should be the row's.

    ## Why is this bad?
    A bare column name refers to the nearest table. In `SELECT 1 FROM member m WHERE m.team_id = team_id` both sides
    belong to `member`. The sub-select never compares anything with the row, so a member of any team passes.

    ## Example
    ```sql
    CREATE TABLE public.member (team_id bigint, user_id uuid, PRIMARY KEY (team_id, user_id));
    CREATE TABLE public.plan (id bigint PRIMARY KEY, team_id bigint, body text);
    ALTER TABLE public.member ENABLE ROW LEVEL SECURITY;
    ALTER TABLE public.plan ENABLE ROW LEVEL SECURITY;
    GRANT SELECT ON public.plan TO authenticated;
    CREATE POLICY read ON public.plan FOR SELECT TO authenticated USING (
        EXISTS (SELECT 1 FROM public.member m WHERE m.team_id = team_id AND m.user_id = (SELECT auth.uid())));
    ```

    ## Use instead
    ```sql
    ALTER POLICY read ON public.plan USING (
        EXISTS (SELECT 1 FROM public.member m WHERE m.team_id = plan.team_id AND m.user_id = (SELECT auth.uid())));
    ```

    ## References
    - https://www.postgresql.org/docs/17/sql-expressions.html#SQL-EXPRESSIONS-COLUMN-REFS
    """
    for one in decisive(context):
        found = {
            name: compared
            for term in one.terms
            for select, compared in captured(term)
            for name in _captured(compared)
            if one.table.column(name) is not None
            and any(source.relation and context.live.table(*source.relation) for source in select.sources)
        }
        split = {name for term in one.terms for name in _split_paths(term, one.table)} - found.keys()
        if (found or split) and one.roles:
            name = min(found or split)
            yield Found(
                str(one.policy),
                f'the policy "{one.policy.name}" never checks the row of "{one.table}": its sub-select reads'
                f' "{name}" from its'
                " own table",
                f"write {one.table.name}.{name} to compare with the column of the row",
                proved=name in found and _was_the_row_s(found[name], one.table) and _nothing_else_ties(context, one),
            )
    yield from _in_helpers(context)


def _split_paths(term: Term, table: Table) -> Iterator[str]:
    """Yield the columns of other tables that a policy about files splits like a path, and that files have, too."""
    for select in term.all_of_type(Select) if table.key == ("storage", "objects") else ():
        calls = () if row_columns(select) else select.all_of_type(Call)
        for call in calls:
            if call.name[0] == "storage":
                yield from (column.name for column in call.all_of_type(Column) if table.column(column.name) is not None)


def _in_helpers(context: Context) -> Iterator[Found]:
    """Yield each function that a policy calls and whose body compares a column with itself, not with its argument."""
    seen = set()
    for one in decisive(context):
        for term in one.terms if one.roles else ():
            for function in context.analysis.follower.functions(term):
                same = next(same_sides(context.analysis.follower.body(function)), None)
                column = unwrapped(same.left) if same is not None else None
                if function.key in seen or not isinstance(column, Column) or not column.source:
                    continue
                seen.add(function.key)
                yield Found(
                    str(function),
                    f'"{function}" compares "{column.name}" with itself, so the policy "{one.policy}", which calls'
                    " it, never"
                    " checks the row",
                    f"give the argument of {function.name} a name that no column has",
                    proved=column.name in function.parameters and _nothing_else_ties(context, one),
                )


def _was_the_row_s(compared: Compare, table: Table) -> bool:
    """Return whether a comparison makes no sense but with the row: a column with itself, or a folder of another name.

    Two columns of one table may be compared on purpose.
    """
    if unwrapped(compared.left) == unwrapped(compared.right):
        return True
    called = {call.name[0] for side in (compared.left, compared.right) for call in side.all_of_type(Call)}
    return table.key == ("storage", "objects") and "storage" in called


def _nothing_else_ties(context: Context, one: PolicyFacts) -> bool:
    """Return whether nothing beside the sub-select compares a row with whoever uses the policy."""
    return not any(not other.policy.permissive for other in context.analysis.by_table[one.table.key]) and any(
        context.ownership.columns_tied(one.condition(command), one.table, role) <= ONLY_AN_AUTHORITY
        for command in one.commands
        for role in one.callers[command]
    )


def _captured(compared: Compare) -> Iterator[str]:
    """Yield the columns that may have been intended as the row's: those of both sides, or of the one that is a call."""
    made = [side for side in (compared.left, compared.right) if not isinstance(unwrapped(side), Column)]
    for side in made or (compared.left, compared.right):
        yield from (column.name for column in side.all_of_type(Column))
