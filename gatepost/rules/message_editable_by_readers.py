"""The rule `message-editable-by-readers`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.analysis import PolicyFacts
from gatepost.analysis.conditions.term_queries import read_by, row_columns
from gatepost.analysis.conditions.terms import Const, Term
from gatepost.analysis.context import Context
from gatepost.analysis.loose_conditions import ways
from gatepost.analysis.policy_questions import anybodys, callers, judged, restricted
from gatepost.name_hints import name_parts, word_list
from gatepost.rules._fixes import tied_to_owner
from gatepost.rules._registry import Found, rule
from gatepost.schema import Column, Table, is_platform

_TEXTS = ("text", "character varying", "json", "jsonb")
_KEYS = ("primary key", "unique", "foreign key")


@rule(severity="warning", decided_by="witness")
def message_editable_by_readers(context: Context) -> Iterator[Found]:
    """Everybody who reads a message or comment can rewrite it in its author's name.

    It is reported for tables of messages, comments and the like, where an INSERT ties the row to its author and an
    UPDATE only asks for what a SELECT asks for.

    ## Why is this bad?
    The row goes on naming its author, who did not write that. A policy for "mark as read" opens the text, too, unless
    the grant names the columns.

    ## Example
    ```sql
    CREATE TABLE public.member (room_id bigint, user_id uuid, PRIMARY KEY (room_id, user_id));
    CREATE TABLE public.message (
        id bigint PRIMARY KEY, room_id bigint NOT NULL, sender_id uuid NOT NULL, body text, read_at timestamptz);
    ALTER TABLE public.member ENABLE ROW LEVEL SECURITY;
    ALTER TABLE public.message ENABLE ROW LEVEL SECURITY;
    GRANT SELECT ON public.member TO authenticated;
    GRANT SELECT, INSERT, UPDATE ON public.message TO authenticated;
    CREATE POLICY own ON public.member FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
    CREATE POLICY members ON public.message FOR SELECT TO authenticated USING (
        room_id IN (SELECT room_id FROM public.member WHERE user_id = (SELECT auth.uid())));
    CREATE POLICY send ON public.message FOR INSERT TO authenticated WITH CHECK (sender_id = (SELECT auth.uid()) AND
        room_id IN (SELECT room_id FROM public.member WHERE user_id = (SELECT auth.uid())));
    CREATE POLICY mark ON public.message FOR UPDATE TO authenticated USING (
        room_id IN (SELECT room_id FROM public.member WHERE user_id = (SELECT auth.uid())));
    ```

    ## Use instead
    ```sql
    REVOKE UPDATE ON public.message FROM authenticated;
    GRANT UPDATE (read_at) ON public.message TO authenticated;
    ```

    ## References
    - https://www.postgresql.org/docs/17/sql-grant.html
    """
    for one in judged(context):
        if is_platform(one.table.schema) or not name_parts(one.table.name) & word_list("message_tables"):
            continue
        for role in callers(one, "update"):
            author = _author(context, one.table, role)
            if author is None or not anybodys(context, one, role) or restricted(context, one.table, role, "update"):
                continue
            written = next((c.name for c in one.table.columns if _says_something(context, one.table, role, c)), None)
            if written is not None and any(_as_readers(context, one, way, role) for way in ways(one.old)):
                yield Found(
                    str(one.policy),
                    f'everybody who reads a row of "{one.table}" can change its "{written}" and leave the "{author}" of'
                    f' somebody else: the policy "{one.policy.name}" does not check who wrote it',
                    tied_to_owner(context, one),
                )
                break


def _author(context: Context, table: Table, role: str) -> str | None:
    """Return the column that every INSERT ties to its caller."""
    tied = [
        context.ownership.columns_tied(way, table, role) & row_columns(way)
        for other in context.analysis.by_table[table.key]
        if other.policy.permissive and "insert" in other.commands and role in other.callers["insert"]
        for way in ways(other.new)
    ]
    people = context.analysis.owner_columns(table)
    return next(iter(sorted(frozenset.intersection(*map(frozenset, tied)) & people)), None) if tied else None


def _says_something(context: Context, table: Table, role: str, column: Column) -> bool:
    """Return whether a role may change a column that holds what somebody wrote."""
    keys = {name for c in table.constraints if c.kind in _KEYS for name in c.columns}
    return (
        column.type in _TEXTS
        and column.name not in keys | context.analysis.owner_columns(table)
        and context.privileges.holds(role, table, "UPDATE", [column.name])
        and not context.analysis.set_by_trigger(table, column.name, "update")
    )


def _as_readers(context: Context, one: PolicyFacts, way: Term, role: str) -> bool:
    """Return whether a way to change rows asks for no more than a way to read them, and for no author."""
    people = context.analysis.owner_columns(one.table)
    tied = context.ownership.columns_tied(way, one.table, role)
    if not tied or tied & {"*"} or row_columns(way) & people:
        return False
    return any(
        _asked(way) == _asked(read)
        for other in context.analysis.by_table[one.table.key]
        if other.policy.permissive and "select" in other.commands and role in other.callers["select"]
        for read in ways(other.old)
    )


def _asked(way: Term) -> tuple[object, ...]:
    """Return what a condition depends on: the columns of the row, the tables that it reads, and the constants."""
    return (
        frozenset(row_columns(way)),
        frozenset(read_by(way)),
        frozenset(str(part.value) for part in way.all_of_type(Const)),
    )
