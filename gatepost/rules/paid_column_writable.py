"""The rule `paid-column-writable`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost import sql
from gatepost.analysis import PolicyFacts
from gatepost.analysis.conditions.term_queries import row_columns
from gatepost.analysis.context import Context
from gatepost.analysis.policy_questions import anybodys, callers, judged
from gatepost.analysis.row_ownership import ONLY_AN_AUTHORITY
from gatepost.name_hints import is_account, is_paid_for, is_tenant
from gatepost.rules._fixes import revoked
from gatepost.rules._registry import Found, rule
from gatepost.schema import is_platform


@rule(severity="warning", decided_by="witness")
def paid_column_writable(context: Context) -> Iterator[Found]:
    """Users can change what their account or their organisation has paid for.

    It is reported for columns such as `plan`, `credits` or `quota`, in tables of users, organisations and teams.

    ## Why is this bad?
    A policy decides about rows. Whoever may rename the organisation can set its plan as well, unless the grant names
    the columns.

    ## Example
    ```sql
    CREATE TABLE public.profile (id uuid PRIMARY KEY, name text, credits int NOT NULL DEFAULT 0);
    ALTER TABLE public.profile ENABLE ROW LEVEL SECURITY;
    GRANT SELECT, UPDATE ON public.profile TO authenticated;
    CREATE POLICY own ON public.profile FOR SELECT TO authenticated USING ((SELECT auth.uid()) = id);
    CREATE POLICY edit ON public.profile FOR UPDATE TO authenticated USING ((SELECT auth.uid()) = id);
    ```

    ## Use instead
    ```sql
    REVOKE UPDATE ON public.profile FROM authenticated;
    GRANT UPDATE (name) ON public.profile TO authenticated;
    ```

    ## References
    - https://www.postgresql.org/docs/17/sql-grant.html
    """
    for one in judged(context):
        table = one.table
        if is_platform(table.schema) or not (is_account(table.name) or is_tenant(table.name)):
            continue
        for role in callers(one, "update"):
            paid = _writable(context, one, role)
            if not paid or not anybodys(context, one, role):
                continue
            named = [column.name for column in table.columns if column.name not in paid]
            grant = f"GRANT UPDATE ({sql.identifiers(named)}) ON {sql.qualified(*table.key)} TO {sql.roles([role])};"
            yield Found(
                str(one.policy),
                f'whoever changes a row of "{table}" through the policy "{one.policy.name}" can set its "{paid[0]}",'
                " which says what was paid for",
                f"{revoked(table, [role], ['UPDATE'])}\n{grant}",
            )
            break


def _writable(context: Context, one: PolicyFacts, role: str) -> list[str]:
    """Return the columns about payment that a role can set to any value through a policy."""
    if context.ownership.columns_tied(one.new, one.table, role) >= ONLY_AN_AUTHORITY:
        return []
    return [
        column.name
        for column in one.table.columns
        if is_paid_for(column.name)
        and not column.generated
        and column.name not in row_columns(one.new)
        and context.privileges.holds(role, one.table, "UPDATE", [column.name])
        and not context.analysis.set_by_trigger(one.table, column.name, "update")
    ]
