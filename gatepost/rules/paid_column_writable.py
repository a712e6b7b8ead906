"""The rule `paid-column-writable`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost import sql
from gatepost.analysis import PolicyFacts
from gatepost.analysis.conditions.term_queries import row_columns
from gatepost.analysis.context import Context
from gatepost.analysis.policy_questions import anybodys, callers, judged
from gatepost.analysis.row_ownership import ONLY_AN_AUTHORITY
from gatepost.name_hints import is_account, is_paid_for, is_tenant, name_parts, word_list
from gatepost.rules._fixes import revoked
from gatepost.rules._registry import Found, rule
from gatepost.schema import Table, is_platform


@rule(severity="warning", decided_by="witness")
def paid_column_writable(context: Context) -> Iterator[Found]:
    """Users can change what their account or their organisation has paid for, or what they pay for their own row.

    It is reported for columns such as `plan`, `credits` or `quota`, in tables of users, organisations and teams. For a
    row that a user adds, it is reported for a price that a table to which the row refers has under the same name, where
    users cannot change it.

    ## Why is this bad?
    A policy decides about rows. Whoever may rename the organisation can set its plan as well, unless the grant names
    the columns. Whoever may order for themselves orders for nothing, unless the check compares the price.

    ## Example
    ```sql
    CREATE TABLE public.profile (id uuid PRIMARY KEY, name text, credits int NOT NULL DEFAULT 0);
    ALTER TABLE public.profile ENABLE ROW LEVEL SECURITY;
    GRANT SELECT, UPDATE ON public.profile TO authenticated;
    CREATE POLICY own ON public.profile FOR SELECT TO authenticated USING ((SELECT auth.uid()) = id);
    CREATE POLICY edit ON public.profile FOR UPDATE TO authenticated USING ((SELECT auth.uid()) = id);
    ```

    ## Use instead
    ```sql
    REVOKE UPDATE ON public.profile FROM authenticated;
    GRANT UPDATE (name) ON public.profile TO authenticated;
    ```

    ## References
    - https://www.postgresql.org/docs/17/sql-grant.html
    """
    for one in judged(context):
        yield from _priced(context, one)
        table = one.table
        if is_platform(table.schema) or not (is_account(table.name) or is_tenant(table.name)):
            continue
        for role in callers(one, "update"):
            paid = _writable(context, one, role)
            if not paid or not anybodys(context, one, role):
                continue
            named = [column.name for column in table.columns if column.name not in paid]
            grant = f"GRANT UPDATE ({sql.identifiers(named)}) ON {sql.qualified(*table.key)} TO {sql.roles([role])};"
            yield Found(
                str(one.policy),
                f'whoever changes a row of "{table}" through the policy "{one.policy.name}" can set its "{paid[0]}",'
                " which says what was paid for",
                f"{revoked(table, [role], ['UPDATE'])}\n{grant}",
            )
            break


def _priced(context: Context, one: PolicyFacts) -> Iterator[Found]:
    """Yield the price that whoever adds a row of their own chooses, although the list of prices is not theirs."""
    table = one.table
    for role in callers(one, "insert"):
        tied = context.ownership.columns_tied(one.new, table, role)
        if is_platform(table.schema) or not tied - ONLY_AN_AUTHORITY or not anybodys(context, one, role):
            continue
        for listing in _listings(context, one, role):
            price = next((name for name in _prices(context, one, listing)), "")
            if not price or not context.privileges.holds(role, table, "INSERT", [price]):
                continue
            yield Found(
                str(one.policy),
                f'whoever adds a row of their own to "{table}" through the policy "{one.policy.name}" chooses its'
                f' "{price}", which "{listing}" has for what they order',
                f"compare {sql.identifiers([price])} with that of {listing} in WITH CHECK, or set it by a trigger",
            )
            return


def _listings(context: Context, one: PolicyFacts, role: str) -> Iterator[Table]:
    """Yield the tables to which an order refers and that only an authority changes."""
    if not any(name_parts(column.name) & word_list("payment_columns") for column in one.table.columns):
        return  # a bid or a reminder at a price
    for constraint in one.table.constraints:
        listing = context.live.table(*constraint.references[:2]) if constraint.references is not None else None
        if listing is None or listing.key == one.table.key or not listing.row_security.enabled:
            continue
        writing = [p for p in context.analysis.by_table.get(listing.key, ()) if role in callers(p, "insert", "update")]
        if all(
            not other.policy.permissive or context.ownership.columns_tied(other.new, listing, role) >= ONLY_AN_AUTHORITY
            for other in writing
        ):
            yield listing


def _prices(context: Context, one: PolicyFacts, listing: Table) -> Iterator[str]:
    """Yield the prices of a listing that an order has, too, and that nothing compares or sets."""
    table = one.table
    strict = [p for p in context.analysis.by_table[table.key] if not p.policy.permissive and "insert" in p.commands]
    checked = {name for each in (one, *strict) for name in row_columns(each.new)}
    checked |= {name for c in table.constraints if c.kind == "foreign key" for name in c.columns}
    for column in table.columns:
        if (
            name_parts(column.name) & word_list("price_columns")
            and listing.column(column.name) is not None
            and not column.generated
            and column.name not in checked
            and not context.analysis.set_by_trigger(table, column.name, "insert")
        ):
            yield column.name


def _writable(context: Context, one: PolicyFacts, role: str) -> list[str]:
    """Return the columns about payment that a role can set to any value through a policy."""
    if context.ownership.columns_tied(one.new, one.table, role) >= ONLY_AN_AUTHORITY:
        return []
    return [
        column.name
        for column in one.table.columns
        if is_paid_for(column.name)
        and not column.generated
        and column.name not in row_columns(one.new)
        and context.privileges.holds(role, one.table, "UPDATE", [column.name])
        and not context.analysis.set_by_trigger(one.table, column.name, "update")
    ]
