"""The rule `insert-without-owner-check`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost import sql
from gatepost.analysis import PolicyFacts
from gatepost.analysis.conditions.term_queries import row_columns
from gatepost.analysis.conditions.terms import Const, Term
from gatepost.analysis.context import Context
from gatepost.analysis.loose_conditions import shape, ways
from gatepost.analysis.policy_questions import Access, anybodys, beside, callers, judged, marked, restricted, who
from gatepost.analysis.row_ownership import ONLY_AN_AUTHORITY
from gatepost.name_hints import is_account, says_author
from gatepost.rules._fixes import altered, tied_to_owner
from gatepost.rules._registry import Found, rule
from gatepost.schema import IN_OWN_FOLDER, Table, is_platform


@rule(severity="error", decided_by="trial")
def insert_without_owner_check(context: Context) -> Iterator[Found]:
    """A policy lets callers add rows that belong to somebody else.

    ## Why is this bad?
    The caller chooses the row's owner: messages in another user's name, orders on another's account. A warning where
    rows are only thrown in, as feedback is: nobody reads them through the API, and they need not name anyone.

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
            if not anybodys(context, one, role):
                continue
            owners = analysis.owner_columns(one.table)
            if is_platform(one.table.schema):
                owners = _folders(context, one, role)
            forged = sorted(c for c in owners if _writable(context, one.table, role, c))
            if not context.ownership.ties_nothing(one.new, one.table, role):
                if partly := _half_checked(context, one, role):
                    yield partly
                    break
                continue
            if not forged or restricted(context, one.table, role, "insert"):
                continue
            found = shape(one.new, analysis.truth(one.table, role), context.ownership)
            if found == "always true":
                break
            yield Found(
                str(one.policy),
                f'{who(role)} can add rows to "{one.table}" with any "{forged[0]}" through the policy'
                f' "{one.policy.name}"',
                _within_own_folder(one) if is_platform(one.table.schema) else tied_to_owner(context, one),
                severity="warning" if _is_a_box(context, one.table, forged) else None,
                access=Access(one, "insert", role),
            )
            break


def _is_a_box(context: Context, table: Table, owners: list[str]) -> bool:
    """Return whether rows are only thrown in: no policy lets anybody read them, and they need not name anyone."""
    readers = (
        other.callers["select"]
        for other in context.analysis.by_table[table.key]
        if other.policy.permissive and "select" in other.commands
    )
    named = [column for column in table.columns if column.name in owners]
    return not any(readers) and not any(column.not_null for column in named)


def _half_checked(context: Context, one: PolicyFacts, role: str) -> Found | None:
    """Return what a policy leaves open that checks the owner but not the place, or the place but not the author."""
    if (scope := _scope_left_open(context, one, role)) is not None:
        return Found(
            str(one.policy),
            f'{who(role)} can add rows to "{one.table}" with any "{scope}", so others will see them. The'
            f' policy "{one.policy.name}" checks only the owner',
            "add to its WITH CHECK what the policy for SELECT checks",
            severity="warning",
        )
    if (author := _author_left_open(context, one, role)) is not None:
        return Found(
            str(one.policy),
            f'{who(role)} can add rows to "{one.table}" in another user\'s name: the policy'
            f' "{one.policy.name}" checks where the row belongs, and not "{author}"',
            f"add (SELECT auth.uid()) = {sql.identifier(author)} to its WITH CHECK",
            severity="warning",
        )
    return None


def _scope_left_open(context: Context, one: PolicyFacts, role: str) -> str | None:
    """Return a column that refers to a parent and decides who reads a row, but that an insert may set to any value."""
    ownership = context.ownership
    written = ownership.columns_tied(one.new, one.table, role)
    readers = [
        other
        for other in context.analysis.by_table[one.table.key]
        if other.policy.permissive and "select" in other.commands and role in other.callers["select"]
    ]
    read = frozenset().union(*(ownership.columns_tied(other.old, other.table, role) for other in readers))
    if not read or (read | written) & ({"*"} | (read & written)):
        return None
    parents = {
        c.columns[0]
        for c in one.table.constraints
        if c.references and c.references[0] != "auth" and len(c.columns) == 1
    }
    found = sorted((read & parents) - context.analysis.owner_columns(one.table))
    if marked(one.new) and any(row_columns(one.new) & {c} for c in found):
        return None  # anyone may join what is public
    return next((c for c in found if _writable(context, one.table, role, c)), None)


def _author_left_open(context: Context, one: PolicyFacts, role: str) -> str | None:
    """Return the column that says who wrote a row, where an insert checks only where the row belongs.

    It is that by its name, or because nobody else may change or delete the row later.
    """
    analysis, table = context.analysis, one.table
    people = analysis.owner_columns(table)
    tied = context.ownership.columns_tied(one.new, table, role)
    if is_platform(table.schema) or is_account(table.name):
        return None
    if tied & (people | ONLY_AN_AUTHORITY) or row_columns(one.new) & people:
        return None
    keys = {name for c in table.constraints if c.kind in ("primary key", "unique") for name in c.columns}
    needed = _needed_to_change(context, table, role)
    authors = sorted(name for name in people - keys if name in needed or says_author(name))
    return next((name for name in authors if _writable(context, table, role, name)), None)


def _needed_to_change(context: Context, table: Table, role: str) -> frozenset[str]:
    """Return the columns that every way of changing, or every way of deleting, a row ties to the caller."""
    found: frozenset[str] = frozenset()
    for command in ("update", "delete"):
        tied = [
            context.ownership.columns_tied(way, table, role)
            for other in context.analysis.by_table[table.key]
            if other.policy.permissive and command in other.commands and role in other.callers[command]
            for way in ways(other.old)
        ]
        found |= frozenset.intersection(*tied) if tied else frozenset()
    return found


def _folders(context: Context, one: PolicyFacts, role: str) -> frozenset[str]:
    """Return the columns by which other policies on the same buckets decide who owns a file.

    The storage service itself writes the owner of a file, but the caller chooses the path.
    """
    ownership = context.ownership
    others = (o for o in beside(context, one) if role in o.roles and _buckets(o.old) & _buckets(one.new))
    tied = (ownership.columns_tied(o.old, o.table, role) for o in others)
    return frozenset().union(*tied) - {"*", "owner", "owner_id"}


def _within_own_folder(one: PolicyFacts) -> str:
    kept = one.policy.check or one.policy.using
    return altered(one.policy, check=f"{kept} AND {IN_OWN_FOLDER}") if kept else ""


def _buckets(term: Term) -> set[object]:
    return {part.value for part in term.walk() if isinstance(part, Const) and isinstance(part.value, str)}


def _writable(context: Context, table: Table, role: str, column: str) -> bool:
    found = table.column(column)
    return (
        found is not None
        and not found.generated
        and context.privileges.holds(role, table, "INSERT", [column])
        and not context.analysis.set_by_trigger(table, column, "insert")
    )
