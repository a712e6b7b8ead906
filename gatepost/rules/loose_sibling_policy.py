"""The rule `loose-sibling-policy`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.access.conditions import PolicyFacts
from gatepost.access.conditions.shapes import shape
from gatepost.finding import Finding
from gatepost.rules.asking import dropped, judged, loosest, restricted
from gatepost.rules.context import Context
from gatepost.rules.discovery import rule


@rule(severity="error")
def loose_sibling_policy(context: Context) -> Iterator[Finding]:
    """A policy that lets every row through stands beside one that asks for the owner.

    ## Why is this bad?
    Permissive policies are joined by OR, so the strict one decides nothing any more. It is often left over from a
    trial, or from the dashboard's template.

    ## Example
    ```sql
    CREATE TABLE public.thing (id bigint PRIMARY KEY, user_id uuid NOT NULL, body text);
    ALTER TABLE public.thing ENABLE ROW LEVEL SECURITY;
    GRANT SELECT ON public.thing TO authenticated;
    CREATE POLICY own ON public.thing FOR SELECT TO authenticated USING ((SELECT auth.uid()) = user_id);
    CREATE POLICY trial ON public.thing FOR SELECT TO authenticated USING (true);
    ```

    ## Use instead
    ```sql
    DROP POLICY trial ON public.thing;
    ```

    ## References
    - https://www.postgresql.org/docs/17/sql-createpolicy.html
    """
    analysis = context.analysis
    for one in judged(context):
        role = loosest(context, one, "select")
        if role is None or restricted(context, one.table, role, "select"):
            continue
        if shape(one.old, analysis.truth(one.table, role), analysis.ties) not in ("plain", "session", "everybody"):
            continue
        strict = next((other for other in analysis.by_table[one.table.key] if _undone(context, one, other)), None)
        if strict is not None:
            yield Finding(
                "loose-sibling-policy",
                "error",
                str(one.policy),
                f'the policy "{one.policy.name}" shows every row of "{one.table}", so that'
                f' "{strict.policy.name}" beside it asks for the owner in vain',
                dropped(one.policy),
            )


def _undone(context: Context, one: PolicyFacts, other: PolicyFacts) -> bool:
    """Tell whether another policy for the same command ties rows to their owner, which this one undoes.

    A policy for ALL beside one for SELECT is how public content with private writing is written.
    """
    if other is one or not other.policy.permissive or other.policy.command != one.policy.command:
        return False
    analysis = context.analysis
    return any(
        analysis.ties.of(other.old, other.table, role) & analysis.owner_columns(other.table)
        for role in other.callers["select"]
    )
