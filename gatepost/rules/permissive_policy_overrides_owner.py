"""The rule `permissive-policy-overrides-owner`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.analysis import PolicyFacts
from gatepost.analysis.conditions.terms import Call, Column, Term
from gatepost.analysis.context import Context
from gatepost.analysis.loose_conditions import Shape, shape, ways
from gatepost.analysis.policy_questions import asks_whose, judged, loose_roles, restricted, siblings
from gatepost.analysis.row_ownership import ONLY_AN_AUTHORITY
from gatepost.rules._fixes import dropped
from gatepost.rules._registry import Found, rule


@rule(severity="error")
def permissive_policy_overrides_owner(context: Context) -> Iterator[Found]:
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
    for one in judged(context):
        role = next(
            (r for r in loose_roles(context, one, "select") if not restricted(context, one.table, r, "select")), ""
        )
        if not role:
            continue
        told = _told(context, one, role)
        if told is not None:
            yield Found(str(one.policy), *told)


def _told(context: Context, one: PolicyFacts, role: str) -> tuple[str, str] | None:
    """Return what a policy lets through beside one that asks, and what to do about it."""
    if _way_for_all(context, one, role):
        return (
            f'one of the conditions that the policy "{one.policy.name}" joins by OR lets every row of "{one.table}"'
            " through, so that the others ask in vain",
            "put brackets around what belongs together, and take out the condition that everybody fulfils",
        )
    if _for_any_channel(context, one):
        return (
            f'the policy "{one.policy.name}" opens every private channel, so that another beside it asks for the'
            " topic in vain",
            dropped(one.policy),
        )
    if _shape(context, one, one.old, role) not in ("plain", "session", "everybody"):
        return None
    for other in siblings(context, one):
        if any(asks_whose(context, other, reader) for reader in other.callers["select"]):
            return (
                f'the policy "{one.policy.name}" shows every row of "{one.table}", so that'
                f' "{other.policy.name}" beside it asks for the owner in vain',
                dropped(one.policy),
            )
    return None


def _shape(context: Context, one: PolicyFacts, term: Term, role: str) -> Shape:
    return shape(term, context.analysis.truth(one.table, role), context.ownership)


def _way_for_all(context: Context, one: PolicyFacts, role: str) -> bool:
    """Tell whether one of the ways through a condition asks nothing of the row, beside one that ties it."""
    ownership, found = context.ownership, ways(one.old)
    if not any(ownership.columns_tied(way, one.table, role) - ONLY_AN_AUTHORITY for way in found):
        return False
    loose = (way for way in found if ownership.ties_nothing(way, one.table, role))
    return any(_shape(context, one, way, role) in ("plain", "session", "everybody") for way in loose)


def _for_any_channel(context: Context, one: PolicyFacts) -> bool:
    """Tell whether a policy of the channels asks for no topic, beside one for the same command that does."""
    if one.table.key != ("realtime", "messages") or _topic(one.old):
        return False
    return any(_topic(other.old) for other in siblings(context, one))


def _topic(term: Term) -> bool:
    topic = ("realtime", "topic")
    return any((isinstance(p, Call) and p.name == topic) or p == Column("", "topic") for p in term.walk())
