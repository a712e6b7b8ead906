"""The rule `never-true-condition`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gatepost.analysis import PolicyFacts
from gatepost.analysis.conditions.outcomes import Outcome
from gatepost.analysis.conditions.term_queries import conjuncts, row_columns, sessions
from gatepost.analysis.conditions.terms import (
    FALSE,
    Cast,
    Column,
    Compare,
    Const,
    Select,
    Session,
    Term,
    remembered,
    unwrapped,
)
from gatepost.analysis.context import Context
from gatepost.analysis.policy_questions import beside, decisive
from gatepost.rules._registry import Found, rule
from gatepost.rules._wording import names
from gatepost.schema import Table

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_NUMBERS = ("bigint", "integer", "smallint", "int", "numeric", "serial", "bigserial", "real", "double precision")


@rule(severity="warning", decided_by="witness")
def never_true_condition(context: Context) -> Iterator[Found]:
    """A policy compares two values that are never equal.

    ## Why is this bad?
    `= NULL` is never true, a user's id is not a number, and a claim that is still jsonb keeps its quotes when cast to
    text. A bare `id` in a sub-select is that of the sub-select's own table, which a reference of it never holds. Nobody
    passes, and a quick fix for that is usually too wide.

    ## Example
    ```sql
    CREATE TABLE public.note (id bigint PRIMARY KEY, user_id bigint NOT NULL, body text);
    ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
    GRANT SELECT ON public.note TO authenticated;
    CREATE POLICY own ON public.note FOR SELECT TO authenticated USING ((SELECT auth.uid())::text = user_id::text);
    ```

    ## Use instead
    ```sql
    ALTER TABLE public.note ADD COLUMN owner uuid NOT NULL;
    ALTER POLICY own ON public.note USING ((SELECT auth.uid()) = owner);
    ```

    ## References
    - https://www.postgresql.org/docs/17/functions-comparison.html
    """
    for one in decisive(context):
        why = _why(one) if one.roles else None
        own_key = _own_key(context, one) if one.roles and why is None else None
        if own_key is not None:
            reference, key = own_key
            yield Found(
                str(one.policy),
                f'a condition of the policy "{one.policy.name}" on "{one.table}" is never true: its sub-select compares'
                f' "{reference}" with "{key}" of its own table, and not with that of the row',
                f"write {one.table.name}.{key}",
            )
        elif why is not None:
            yield Found(
                str(one.policy),
                f'a condition of the policy "{one.policy.name}" on "{one.table}" is never true: {why}',
                "compare values of one type",
            )
        elif blocked := _blocked(context, one):
            yield Found(
                str(one.policy),
                f'the restrictive policy "{one.policy.name}" lets no row of "{one.table}" through for {names(blocked)}:'
                " its condition asks for another role, so that what other policies allow them is refused",
                f"name the roles that it is for: it applies to {names(one.policy.roles)}",
            )


def _blocked(context: Context, one: PolicyFacts) -> list[str]:
    """Return the roles whom a restrictive policy refuses by their role alone, and another policy allows something."""
    if one.policy.permissive or FALSE in one.terms:
        return []  # FALSE is said on purpose
    asked = {session for term in one.followed for session in sessions(term)}
    if not asked or any(session.kind != "role" for session in asked):
        return []
    allowed = {
        (command, role)
        for other in beside(context, one)
        for command in other.commands
        for role in other.callers[command]
    }
    return sorted(
        {
            role
            for command in one.commands
            for role in one.callers[command]
            if (command, role) in allowed
            and not context.analysis.truth(one.table, role).possible_outcomes(one.condition(command)) & Outcome.TRUE
        }
    )


def _own_key(context: Context, one: PolicyFacts) -> tuple[str, str] | None:
    """Return the reference to the policy's table that a sub-select compares with a key of the referring table itself.

    A bare column name refers to the nearest table. Where the row is not read at all, another rule says so. Numbers may
    be equal by chance.
    """
    for select in (part for term in one.terms for part in term.all_of_type(Select) if row_columns(part)):
        relations = {source.name: source.relation for source in select.sources if source.relation is not None}
        for part in conjuncts(select.where):
            if not isinstance(part, Compare) or part.op != "=":
                continue
            for left, right in ((part.left, part.right), (part.right, part.left)):
                column, key = unwrapped(left), unwrapped(right)
                if not isinstance(column, Column) or not isinstance(key, Column) or column.source != key.source:
                    continue
                child = context.live.table(*relations[key.source]) if key.source in relations else None
                held = child.column(key.name) if child is not None else None
                for constraint in child.constraints if child is not None and held and held.type == "uuid" else ():
                    at = constraint.references
                    if constraint.columns == (column.name,) and at and at == (*one.table.key, (key.name,)):
                        return column.name, key.name
    return None


def _why(one: PolicyFacts) -> str | None:
    for term in one.followed:
        for part in term.all_of_type(Compare):
            if part.op in ("=", "<>") and _can_fail(part):
                for left, right in ((part.left, part.right), (part.right, part.left)):
                    why = _never(left, right, one.table)
                    if why is not None:
                        return why
    return None


@remembered
def _can_fail(part: Term) -> bool:
    """Return whether a session value or NULL is compared. Other comparisons are not reported."""
    return bool(part.all_of_type(Session)) or any(one.value is None for one in part.all_of_type(Const))


def _never(left: Term, right: Term, table: Table) -> str | None:
    one, other = unwrapped(left), unwrapped(right)
    if isinstance(one, Const) and one.value is None:
        return "nothing equals NULL"
    if not isinstance(one, Session):
        return None
    text = isinstance(other, Const) and isinstance(other.value, str)
    if one.kind == "uid":
        if isinstance(other, Const) and text and not _UUID.fullmatch(str(other.value)):
            return f"a user's id is a UUID, and '{other.value}' is not"
        column = table.column(other.name) if isinstance(other, Column) and other.source == "" else None
        if column is not None and column.type in _NUMBERS:
            return f'a user\'s id is a UUID, and "{column.name}" is {column.type}'
    as_text = one.raw and one.path and isinstance(left, Cast) and left.type in ("text", "varchar")
    if as_text and isinstance(other, Const) and text and not str(other.value).startswith('"'):
        return f"a jsonb value cast to text keeps its quotes, and '{other.value}' has none; use ->> instead of ->"
    return None
