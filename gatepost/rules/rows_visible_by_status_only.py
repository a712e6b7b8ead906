"""The rule `rows-visible-by-status-only`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gatepost.analysis import PolicyFacts
from gatepost.analysis.conditions.caller import SIGNED_IN
from gatepost.analysis.conditions.outcomes import Outcome
from gatepost.analysis.conditions.rewrite import rebuilt
from gatepost.analysis.conditions.term_queries import conjuncts, read_by, row_columns
from gatepost.analysis.conditions.terms import Column, Const, IsNull, Not, Term, conjunction
from gatepost.analysis.conditions.three_valued_logic import Truth
from gatepost.analysis.context import Context
from gatepost.analysis.loose_conditions import is_guard, shape, ways
from gatepost.analysis.policy_questions import (
    Access,
    anybodys,
    callers,
    checks_owner,
    judged,
    loose_roles,
    marked,
    restricted,
    siblings,
    who,
)
from gatepost.name_hints import about_people, is_hidden_state, is_secret, likely_audience, word_list
from gatepost.rules._fixes import tied_to_owner
from gatepost.rules._registry import Found, rule
from gatepost.schema import Table, is_platform


@rule(severity="error", decided_by="trial")
def rows_visible_by_status_only(context: Context) -> Iterator[Found]:
    """A policy shows private rows because of their state, no matter who reads them.

    A condition on a column that marks public rows, such as `is_public` or `status = 'published'`, is not reported,
    unless a newly created row passes it too.

    ## Why is this bad?
    That a task is done, that a link has not expired or that a ticket is unassigned does not decide who may read it. The
    condition limits which rows leak, not to whom.

    ## Example
    ```sql
    CREATE TABLE public.task (id bigint PRIMARY KEY, user_id uuid NOT NULL, title text, done boolean NOT NULL);
    ALTER TABLE public.task ENABLE ROW LEVEL SECURITY;
    GRANT SELECT ON public.task TO authenticated;
    CREATE POLICY read ON public.task FOR SELECT TO authenticated USING ((SELECT auth.uid()) = user_id OR done);
    ```

    ## Use instead
    ```sql
    ALTER POLICY read ON public.task USING ((SELECT auth.uid()) = user_id);
    ```

    ## References
    - https://supabase.com/docs/guides/database/postgres/row-level-security
    """
    for one in judged(context):
        if is_platform(one.table.schema):
            continue
        ownerless = _ownerless(context, one)
        if ownerless is not None:
            role, column = ownerless
            yield Found(
                str(one.policy),
                f'{who(role)} can read every row of "{one.table}" without a "{column}" through the policy'
                f' "{one.policy.name}": that nobody owns a row does not make it public',
                tied_to_owner(context, one),
                detail="ownerless",
                access=Access(one, "select", role, beyond=Not(IsNull(Column("", column)))),
            )
            continue
        for role in loose_roles(context, one, "select"):
            why = _shown(context, one, role) if not restricted(context, one.table, role, "select") else ""
            if why:
                yield Found(
                    str(one.policy),
                    f'{who(role)} can read rows of "{one.table}" through the policy "{one.policy.name}": {why}',
                    tied_to_owner(context, one),
                    access=Access(one, "select", role),
                )
                break


def _shown(context: Context, one: PolicyFacts, role: str) -> str:
    analysis, table = context.analysis, one.table
    truth, ownership = analysis.truth(table, role), context.ownership
    if shape(one.old, truth, ownership) == "always true":
        return ""  # which condition-always-true says
    found = ways(one.old)
    tied = any(ownership.columns_tied(way, table, role) - {"*"} for way in found) or any(
        checks_owner(context, other, role) for other in siblings(context, one)
    )
    for way in found:
        if ownership.columns_tied(way, table, role) or shape(way, truth, ownership) != "row":
            continue
        if _at_first(way, table):
            return "new rows pass it in their default state"
        if (marked(way) and not _of_work(context, way, table, role)) or (is_guard(way) and not tied):
            continue
        if _private(context, table, role, tied) or (tied and _unlike_parent(context, way, table, role)):
            return "its condition checks neither that a row is public nor who reads it"
    return ""


def _ownerless(context: Context, one: PolicyFacts) -> tuple[str, str] | None:
    """Return who reads the rows without an owner, and the column that says so, where such rows hold personal data."""
    analysis, table = context.analysis, one.table
    for role in callers(one, "select"):
        if not anybodys(context, one, role) or restricted(context, table, role, "select"):
            continue
        truth = analysis.truth(table, role, owned=False)
        for way in ways(one.old):
            parts = conjuncts(way)
            absent = [part.term.name for part in parts if isinstance(part, IsNull) and isinstance(part.term, Column)]
            lacking = next((name for name in absent if name in analysis.owner_columns(table) - truth.filled), None)
            rest = conjunction(*(part for part in parts if not isinstance(part, IsNull)))
            if lacking is None or not context.ownership.ties_nothing(rest, table, role) or marked(rest):
                continue
            if truth.possible_outcomes(way) & Outcome.TRUE and _personal(context, table, role, lacking):
                return role, lacking
    return None


def _personal(context: Context, table: Table, role: str, owner: str) -> bool:
    """Return whether rows without an owner hold what was entered by somebody: personal data, or how to reach them."""
    visible = [c.name for c in table.columns if context.privileges.holds(role, table, "SELECT", [c.name])]
    secret = any(is_secret(name, to_everybody=True) for name in visible if name != owner)
    return likely_audience(table) != "public" and (secret or (role == "anon" and about_people(table)))


def _of_work(context: Context, way: Term, table: Table, role: str) -> bool:
    """Return whether a row's state only says how far the work on it is, and the row is about somebody.

    An open lead or an active customer is not public, whatever the word is elsewhere.
    """
    values = {str(part.value).lower() for part in way.all_of_type(Const) if isinstance(part.value, str)}
    if not values or not values <= word_list("stages_of_work") or not about_people(table):
        return False
    visible = [c.name for c in table.columns if context.privileges.holds(role, table, "SELECT", [c.name])]
    return any(is_secret(name, role == "anon") for name in visible)


def _unlike_parent(context: Context, way: Term, table: Table, role: str) -> bool:
    """Return whether rows are shown that others are checked for, and neither they nor their parents look public."""
    if likely_audience(table) == "public":
        return False
    parents = [key for key, reader in read_by(way) if not reader]
    ownership = context.ownership
    return not any(
        marked(part)
        for key in parents
        for parent in context.analysis.by_table.get(key, ())
        if role in parent.callers["select"]
        for part in ways(parent.old)
        if ownership.ties_nothing(part, parent.table, role)
    )


def _private(context: Context, table: Table, role: str, tied: bool) -> bool:
    """Return whether a table's rows belong to somebody and look private."""
    visible = [c.name for c in table.columns if context.privileges.holds(role, table, "SELECT", [c.name])]
    if any(is_secret(name, role == "anon") for name in visible):
        return True
    return (tied or bool(context.analysis.owner_columns(table))) and likely_audience(table) == "private"


def _at_first(way: Term, table: Table) -> bool:
    """Return whether a newly created row passes although its default state says that it is not public yet."""
    defaults: dict[str, object] = {}
    for name in row_columns(way):
        column = table.column(name)
        default = re.match(r"'([^']*)'", column.default or "") if column is not None else None
        if default is not None and is_hidden_state(default[1]):
            defaults[name] = default[1]
    if not defaults:
        return False

    def made(part: Term) -> Term:
        if isinstance(part, Column) and part.source == "" and part.name in defaults:
            return Const(defaults[part.name])  # type: ignore[arg-type]
        return part

    return bool(Truth(SIGNED_IN).possible_outcomes(rebuilt(way, made)) & Outcome.TRUE)
