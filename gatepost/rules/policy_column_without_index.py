"""The rule `policy-column-without-index`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost import sql
from gatepost.analysis import PolicyFacts
from gatepost.analysis.conditions.term_queries import conjuncts, row_columns, sessions
from gatepost.analysis.conditions.terms import Column, Compare, CompareMany, Term, unwrapped
from gatepost.analysis.context import Context
from gatepost.analysis.policy_questions import decisive, size
from gatepost.rules._registry import Found, rule


@rule(severity="warning", decided_by="style")
def policy_column_without_index(context: Context) -> Iterator[Found]:
    """A policy finds a user's rows by a column that no index starts with.

    ## Why is this bad?
    Every query reads the whole table to find a few rows of one user. Supabase measured 171 ms instead of 0.1 ms on
    100,000 rows. The finding is a warning on a large table and information on others.

    ## Example
    ```sql
    CREATE TABLE public.note (id bigint PRIMARY KEY, user_id uuid NOT NULL, body text);
    ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
    GRANT SELECT ON public.note TO authenticated;
    CREATE POLICY own ON public.note FOR SELECT TO authenticated USING ((SELECT auth.uid()) = user_id);
    ```

    ## Use instead
    ```sql
    CREATE INDEX ON public.note (user_id);
    ```

    ## References
    - https://supabase.com/docs/guides/database/postgres/row-level-security-performance
    """
    seen = set()
    for one in decisive(context):
        if not one.roles or one.policy.command == "insert" or one.policy.schema in ("storage", "realtime"):
            continue
        leading = {index.columns[0] for index in one.table.indexes if index.valid and index.columns}
        for column in sorted(_sought(one) - leading):
            if one.table.column(column) is None or (one.table.key, column) in seen:
                continue
            seen.add((one.table.key, column))
            name = sql.qualified(one.table.schema, one.table.name)
            yield Found(
                str(one.table),
                f'the policy "{one.policy.name}" finds the rows of "{one.table}" by "{column}", but no index starts'
                " with that column",
                f"CREATE INDEX ON {name} ({sql.identifier(column)});",
                detail=column,
                severity=size(one.table),
            )


def _sought(one: PolicyFacts) -> set[str]:
    """Return the plain columns of the row that must equal a session value, or be in a sub-select."""
    found = set()
    for condition in conjuncts(one.old):
        column: Term | None = None
        if isinstance(condition, Compare) and condition.op == "=":
            pairs = ((condition.left, condition.right), (condition.right, condition.left))
            column = next((a for a, b in pairs if isinstance(a, Column) and sessions(b) and not row_columns(b)), None)
        elif isinstance(condition, CompareMany) and condition.op == "=" and not row_columns(condition.many):
            column = condition.left if sessions(condition.many) else None
        if isinstance(column, Column) and unwrapped(column) is column and column.source == "":
            found.add(column.name)
    return found
