"""The rule `sub-select-ignores-row`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.analysis import PolicyFacts
from gatepost.analysis.conditions.term_queries import (
    alternatives,
    as_exists,
    branches,
    captured,
    conjuncts,
    row_columns,
    sessions,
)
from gatepost.analysis.conditions.terms import (
    Call,
    Column,
    Compare,
    CompareMany,
    Const,
    Select,
    Source,
    Term,
    conjunction,
    unwrapped,
)
from gatepost.analysis.context import Context
from gatepost.analysis.loose_conditions import ways
from gatepost.analysis.policy_questions import Access, callers, decisive
from gatepost.analysis.row_ownership import ONLY_AN_AUTHORITY
from gatepost.name_hints import contains_any, name_parts
from gatepost.rules._registry import Found, rule
from gatepost.schema import Table


@rule(severity="error", decided_by="trial")
def sub_select_ignores_row(context: Context) -> Iterator[Found]:
    """A sub-select finds the caller's membership but never compares it with the row.

    ## Why is this bad?
    A member of any organisation passes for the rows of all organisations. The sub-select finds a membership, but not
    one in the row's organisation.

    ## Example
    ```sql
    CREATE TABLE public.org (id bigint PRIMARY KEY);
    CREATE TABLE public.member (org_id bigint REFERENCES public.org, user_id uuid, PRIMARY KEY (org_id, user_id));
    CREATE TABLE public.plan (id bigint PRIMARY KEY, org_id bigint REFERENCES public.org, body text);
    ALTER TABLE public.org ENABLE ROW LEVEL SECURITY;
    ALTER TABLE public.member ENABLE ROW LEVEL SECURITY;
    ALTER TABLE public.plan ENABLE ROW LEVEL SECURITY;
    GRANT SELECT ON public.plan TO authenticated;
    CREATE POLICY read ON public.plan FOR SELECT TO authenticated USING (
        EXISTS (SELECT 1 FROM public.member m WHERE m.user_id = (SELECT auth.uid())));
    ```

    ## Use instead
    ```sql
    ALTER POLICY read ON public.plan USING (
        EXISTS (SELECT 1 FROM public.member m WHERE m.user_id = (SELECT auth.uid()) AND m.org_id = plan.org_id));
    ```

    ## References
    - https://supabase.com/docs/guides/database/postgres/row-level-security
    """
    for one in decisive(context):
        if not one.policy.permissive:
            continue
        for command in one.commands:
            found = _ignored(context, one, one.condition(command)) if callers(one, command) else None
            if found is not None:
                table, column = found
                yield Found(
                    str(one.policy),
                    f'anyone with a row in "{table}" for any "{column}" passes the policy "{one.policy.name}" on'
                    f' "{one.table}" for all of them, because the sub-select never compares it with the row',
                    f"compare {table.name}.{column} with the row's column",
                    access=Access(one, command, callers(one, command)[-1]),
                )
                break


def _ignored(context: Context, one: PolicyFacts, term: Term) -> tuple[Table, str] | None:
    role = one.roles[0] if one.roles else "authenticated"
    if not term.all_of_type(Select) or any(captured(term)):
        return None  # no sub-select, or ambiguous-column-in-subquery
    for way in ways(term):
        if context.ownership.columns_tied(way, one.table, role) == ONLY_AN_AUTHORITY:
            scope = next((s for part in way.walk() for s in _free_scopes(context, part, one.table, role)), None)
        else:
            scope = next(_beside(context, way, one.table, role), None)
        if scope is not None:
            return scope
    return None


def _beside(context: Context, way: Term, table: Table, role: str) -> Iterator[tuple[Table, str]]:
    """Yield the scopes that one alternative through a sub-select leaves open, where nothing else ties the row."""
    conditions = conjuncts(way)
    for part in conditions:
        others = (context.ownership.columns_tied(other, table, role) for other in conditions if other is not part)
        if not any(tied and tied != ONLY_AN_AUTHORITY for tied in others):
            yield from _free_scopes(context, part, table, role)


def _free_scopes(context: Context, part: Term, table: Table, role: str) -> Iterator[tuple[Table, str]]:
    """Yield each table in which a sub-select finds the caller without using the row, and the scope it leaves open."""
    found = as_exists(part)
    if found is None or not isinstance(found.select, Select):
        return
    for side in branches(found.select):
        for conditions in alternatives(side.where):
            way = Select(side.sources, (), conjunction(*conditions))
            scope = None if row_columns(way) else _free_scope(context, way, table, role)
            if scope is not None:
                yield scope


def _free_scope(context: Context, select: Select, table: Table, role: str) -> tuple[Table, str] | None:
    """Return the table in which a select finds the caller, and its column that the row's table has as well."""
    if not any(session.kind in ("uid", "email") for session in sessions(select)):
        return _free_parent(context, select, table, role)
    if any(isinstance(part, Call) and part.name == ("realtime", "topic") for part in select.walk()):
        return None
    if {c.source for c in select.all_of_type(Column)} - {"", *(source.name for source in select.all_of_type(Source))}:
        return None  # it reads a row of the outer select, which has its own condition
    compared = {column for part in select.where.walk() for column in _compared(part)}
    owners = context.analysis.owner_columns
    holders = [
        (source.name, holder, _subject(select, source.name))
        for source in select.sources
        if source.relation is not None
        and (holder := context.live.table(*source.relation)) is not None
        and holder.key != table.key
    ]
    for name, holder, subject in holders:
        if not _one_each(holder, select, subject):
            for column in _scopes(holder, table):
                if Column(name, column) not in compared and column not in owners(holder):
                    return holder, column
    if not any(subject and not any(key <= subject for key in _keys(holder)) for _, holder, subject in holders):
        return None
    for name, holder, subject in holders:
        beside = _others(context, holder, table, subject) if subject else ()
        for column in (*_parent(context, holder, table), *beside):
            if Column(name, column) not in compared:
                return holder, column
    return None


def _free_parent(context: Context, select: Select, table: Table, role: str) -> tuple[Table, str] | None:
    """Return the row's parent if a select finds any row of it that its own policies show, and which column is free."""
    if len(select.sources) != 1 or sessions(select) or select.where.all_of_type(Compare):
        return None
    (source,) = select.sources
    holder = context.live.table(*source.relation) if source.relation is not None and not source.reader else None
    if holder is None or holder.key == table.key or not context.ownership.guarded(holder.key, role):
        return None
    subject = context.ownership.owners(holder, [role])
    if not subject or any(key <= subject for key in _keys(holder)):
        return None
    return next(((holder, column) for column in _parent(context, holder, table)), None)


def _subject(select: Select, source: str) -> set[str]:
    """Return the columns of a source that a select compares with the caller."""
    conditions = [one for one in conjuncts(select.where) if sessions(one)]
    return {c.name for one in conditions for part in one.walk() if isinstance(c := part, Column) and c.source == source}


def _keys(holder: Table) -> list[set[str]]:
    return [{name or "" for name in i.columns} for i in holder.indexes if i.unique] + [
        set(c.columns) for c in holder.constraints if c.kind in ("primary key", "unique")
    ]


def _parent(context: Context, holder: Table, table: Table) -> Iterator[str]:
    """Yield the columns of a table that another table references, directly or through one table in between."""
    parents = (context.live.table(*c.references[:2]) for c in table.constraints if c.references)
    for child in (table, *(p for p in parents if p is not None and p.key not in (table.key, holder.key))):
        yield from _referred(holder, child)


def _referred(holder: Table, table: Table) -> Iterator[str]:
    for constraint in table.constraints:
        if constraint.references is not None and constraint.references[:2] == holder.key:
            yield from constraint.references[2]


def _others(context: Context, holder: Table, table: Table, subject: set[str]) -> Iterator[str]:
    """Yield the columns that name the other person in a table of relations between people."""
    if table.key == ("realtime", "messages"):
        yield from (c.name for c in holder.columns if "topic" in c.name or "channel" in c.name or "room" in c.name)
    if not context.analysis.owner_columns(table):
        return
    people = {("auth", "users"), *context.analysis.people}
    for constraint in holder.constraints:
        if constraint.references is None or constraint.references[:2] not in people or len(constraint.columns) != 1:
            continue
        (column,) = constraint.columns
        if column not in subject and any(column in key and key & subject for key in _keys(holder)):
            yield column


def _one_each(holder: Table, select: Select, subject: set[str]) -> bool:
    """Return whether a table has one row per user and the select checks more of it. Then the role applies everywhere.

    A role whose name says that it covers everything counts as well.
    """
    conditions = list(conjuncts(select.where))
    values = {str(part.value) for one in conditions for part in one.walk() if isinstance(part, Const)}
    if any(contains_any(value, "everywhere_roles") for value in values):
        return True
    return any(key <= subject for key in _keys(holder)) and len(conditions) > 1


def _compared(part: Term) -> Iterator[Column]:
    if isinstance(part, Compare):
        sides = (unwrapped(part.left), unwrapped(part.right))
        yield from (side for side in sides if isinstance(side, Column))
    elif (
        isinstance(part, CompareMany) and isinstance(unwrapped(part.left), Column) and not isinstance(part.many, Const)
    ):
        yield unwrapped(part.left)  # type: ignore[misc]


def _scopes(holder: Table, table: Table) -> Iterator[str]:
    """Yield the columns of a table that reference what another table references, or that table itself."""
    targets = {c.references[:2] for c in table.constraints if c.references} | {table.key}
    for constraint in holder.constraints:
        target = constraint.references[:2] if constraint.references else None
        if target in targets and target != ("auth", "users") and len(constraint.columns) == 1:
            yield constraint.columns[0]
    named = {
        column.name for column in table.columns if "id" in name_parts(column.name) and len(name_parts(column.name)) > 1
    }
    yield from (c.name for c in holder.columns if c.name in named)
