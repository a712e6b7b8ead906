"""The rule `permissive-policy-overrides-owner`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.analysis import PolicyFacts
from gatepost.analysis.conditions.terms import Call, Column, Term
from gatepost.analysis.context import Context
from gatepost.analysis.loose_conditions import Shape, shape, ways
from gatepost.analysis.policy_questions import Access, checks_owner, judged, loose_roles, restricted, siblings
from gatepost.analysis.row_ownership import ONLY_AN_AUTHORITY
from gatepost.rules._fixes import dropped
from gatepost.rules._registry import Found, rule


@rule(severity="error", decided_by="trial")
def permissive_policy_overrides_owner(context: Context) -> Iterator[Found]:
    """A policy that lets every row through makes an owner policy useless.

    ## Why is this bad?
    Permissive policies are combined with OR, so the strict one no longer decides anything. The wide one is often left
    over from a trial or from the dashboard's template.

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
        found = _override(context, one, role)
        if found is not None:
            yield Found(str(one.policy), *found, access=Access(one, "select", role))


def _override(context: Context, one: PolicyFacts, role: str) -> tuple[str, str] | None:
    """Return what a policy lets through although another one limits it, and how to fix that."""
    if _way_for_all(context, one, role):
        return (
            f'one of the OR conditions of the policy "{one.policy.name}" lets every row of "{one.table}" through, so'
            " the"
            " others have no effect",
            "add brackets around the conditions that belong together, and remove the one that everyone fulfils",
        )
    if _for_any_channel(context, one):
        return (
            f'the policy "{one.policy.name}" opens every private channel, so the policy that checks the topic has no'
            " effect",
            dropped(one.policy),
        )
    if _shape(context, one, one.old, role) not in ("plain", "session", "everybody"):
        return None
    for other in siblings(context, one):
        if any(checks_owner(context, other, reader) for reader in other.callers["select"]):
            return (
                f'the policy "{one.policy.name}" shows every row of "{one.table}", so the owner check of'
                f' "{other.policy.name}" has no effect',
                dropped(one.policy),
            )
    return None


def _shape(context: Context, one: PolicyFacts, term: Term, role: str) -> Shape:
    return shape(term, context.analysis.truth(one.table, role), context.ownership)


def _way_for_all(context: Context, one: PolicyFacts, role: str) -> bool:
    """Return whether one of the alternatives of a condition ignores the row while another one ties it."""
    ownership, found = context.ownership, ways(one.old)
    if not any(ownership.columns_tied(way, one.table, role) - ONLY_AN_AUTHORITY for way in found):
        return False
    loose = (way for way in found if ownership.ties_nothing(way, one.table, role))
    return any(_shape(context, one, way, role) in ("plain", "session", "everybody") for way in loose)


def _for_any_channel(context: Context, one: PolicyFacts) -> bool:
    """Return whether a policy on channels ignores the topic while another one for the same command checks it."""
    if one.table.key != ("realtime", "messages") or _topic(one.old):
        return False
    return any(_topic(other.old) for other in siblings(context, one))


def _topic(term: Term) -> bool:
    topic = ("realtime", "topic")
    return any((isinstance(p, Call) and p.name == topic) or p == Column("", "topic") for p in term.walk())
