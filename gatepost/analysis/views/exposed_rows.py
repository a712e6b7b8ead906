"""Find the rows that a view exposes although row security hides them, through views over views down to the tables.

The rules were tried on PostgreSQL. A view without `security_invoker` reads as its owner. A view with it reads as the
role that runs the statement, even if a view of the other kind is in between. The rows of a materialized view were read
by its owner when it was refreshed, all the way down.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatepost.name_hints import is_secret, likely_audience, name_parts, word_list
from gatepost.schema import Table, View

if TYPE_CHECKING:
    from gatepost.analysis.context import Context


@dataclass(frozen=True)
class Shown:
    """A table that a view reads as `reader`, with the views on the way to it."""

    table: Table
    reader: str
    columns: tuple[str, ...]
    via: tuple[View, ...]

    @property
    def hides_rows(self) -> bool:
        """Whether row security hides the rows, and not just a missing privilege."""
        return self.table.row_security.enabled


def tables_below(view: View, role: str, context: Context) -> Iterator[Shown]:
    """Yield each table that a role reads by reading a view, with the role whose privileges PostgreSQL checks there.

    Args:
        view: The view.
        role: The role that runs the statement.
        context: The database.
    """
    yield from _below(view, role, context, ())


def _below(view: View, session: str, context: Context, via: tuple[View, ...]) -> Iterator[Shown]:
    if view in via:
        return
    if view.kind == "materialized":
        session = view.owner
    reader = session if view.invoker and view.kind == "view" else view.owner
    for reference in view.reads:
        if reference.kind != "relation":
            continue
        table, inner = context.live.table(*reference.key), context.live.view(*reference.key)
        if table is not None:
            yield Shown(table, reader, reference.columns, (*via, view))
        elif inner is not None and context.privileges.reaches(reader, inner, "SELECT"):
            yield from _below(inner, session, context, (*via, view))


def hidden_tables(view: View, role: str, context: Context) -> tuple[Shown, ...]:
    """Return the tables from which a view shows a role rows or columns that it cannot see in the table itself."""
    privileges = context.privileges
    found: dict[tuple[str, str], Shown] = {}
    for shown in tables_below(view, role, context):
        sees = privileges.sees_all(shown.reader, shown.table, shown.columns)
        if shown.reader != role and sees and not privileges.sees_all(role, shown.table, shown.columns):
            found.setdefault(shown.table.key, shown)
    return tuple(found.values())


def identity_calls(view: View, context: Context) -> tuple[str, ...]:
    """Return the names of the functions in a view that check who is signed in."""
    calls = []
    for reference in view.reads:
        function = context.live.function(*reference.key) if reference.kind == "function" else None
        if function is not None and function.schema != "auth" and context.bodies.follow(function).identity:
            calls.append(function.name)
    return tuple(calls)


def filtered(shown: Shown, context: Context) -> bool:
    """Return whether one of the views on the way filters the rows by who is signed in."""
    from gatepost.analysis.views.query_text import filters_by_identity

    below = [view.key for view in shown.via[1:]] + [shown.table.key]
    return any(
        filters_by_identity(view.definition, target, identity_calls(view, context))
        for view, target in zip(shown.via, below, strict=True)
    )


def figures_only(shown: Shown) -> bool:
    """Return whether a view on the way returns only counts and sums, not grouped by a column that names the owner."""
    from gatepost.analysis.views.query_text import aggregates

    keys = _identity_columns(shown.table)
    return any(aggregates(view.definition, keys) for view in shown.via)


def intended_for_everybody(shown: Shown, view: View) -> bool:
    """Return whether the outer view was granted on purpose and shows only some columns of what is no secret.

    That is so where its rows are marked as public, where its name says it, and where it leaves out what people keep to
    themselves: a card with the nickname, without the phone number.
    """
    from gatepost.analysis.views.query_text import condition_mentions

    narrow = set(shown.columns) < {column.name for column in shown.table.columns}
    if not narrow or not granted_on_purpose(view):
        return False
    open_columns = not any(is_secret(name, True) for name in shown.columns)
    named = open_columns and bool(name_parts(view.name) & word_list("public_views"))
    if named or (open_columns and _leaves_out_what_is_personal(shown)):
        return True
    return condition_mentions(shown.via[-1].definition, word_list("published_conditions"))


def _leaves_out_what_is_personal(shown: Shown) -> bool:
    """Return whether a view of people shows none of the columns that they keep to themselves, and there are some."""
    personal = word_list("personal_columns")
    kept = {c.name for c in shown.table.columns if is_secret(c.name, True) or name_parts(c.name) & personal}
    return bool(kept) and not kept & set(shown.columns) and likely_audience(shown.table) != "private"


def granted_on_purpose(view: View) -> bool:
    """Return whether the grants of a view differ from the platform's default privileges."""
    grantees = {grant.grantee for grant in view.grants if grant.privilege in ("INSERT", "UPDATE", "DELETE")}
    return not {"anon", "authenticated", "service_role"} <= grantees


def _identity_columns(table: Table) -> frozenset[str]:
    """Return the columns by which the table's own policies select the rows that are read or changed."""
    return frozenset(
        column
        for policy in table.policies
        if policy.command != "insert"
        for reference in policy.reads
        if reference.kind == "relation" and reference.key == table.key
        for column in reference.columns
    )
