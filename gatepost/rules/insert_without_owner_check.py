"""The rule `insert-without-owner-check`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.access.conditions.shapes import shape
from gatepost.finding import Finding
from gatepost.rules.asking import callers, judged, restricted, tied_to_owner, who
from gatepost.rules.context import Context
from gatepost.rules.discovery import rule
from gatepost.schema import Table


@rule(severity="error")
def insert_without_owner_check(context: Context) -> Iterator[Finding]:
    """A policy lets callers add rows that belong to somebody else.

    ## Why is this bad?
    The row's owner is whatever the caller writes there: messages in another user's name, orders on another's account.

    ## Example
    ```sql
    CREATE TABLE public.note (id bigint PRIMARY KEY, user_id uuid NOT NULL, body text);
    ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
    GRANT INSERT ON public.note TO authenticated;
    CREATE POLICY add ON public.note FOR INSERT TO authenticated WITH CHECK (true);
    ```

    ## Use instead
    ```sql
    ALTER POLICY add ON public.note WITH CHECK ((SELECT auth.uid()) = user_id);
    ```

    ## References
    - https://www.postgresql.org/docs/17/sql-createpolicy.html
    """
    analysis = context.analysis
    for one in judged(context):
        for role in callers(one, "insert"):
            forged = sorted(c for c in analysis.owner_columns(one.table) if _writable(context, one.table, role, c))
            if not forged or not analysis.ties.loose(one.new, one.table, role):
                continue
            if restricted(context, one.table, role, "insert"):
                continue
            found = shape(one.new, analysis.truth(one.table, role), analysis.ties)
            if found == "roundabout":
                break
            yield Finding(
                "insert-without-owner-check",
                "error",
                str(one.policy),
                f'{who(role)} can add rows to "{one.table}" with any "{forged[0]}" by the policy "{one.policy.name}"',
                tied_to_owner(context, one),
            )
            break


def _writable(context: Context, table: Table, role: str, column: str) -> bool:
    found = table.column(column)
    return (
        found is not None
        and not found.generated
        and context.privileges.holds(role, table, "INSERT", [column])
        and not context.analysis.set_by_trigger(table, column, "insert")
    )
