"""The statements that fix a policy or a grant, as rules suggest them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gatepost import sql
from gatepost.analysis import PolicyFacts
from gatepost.analysis.context import Context
from gatepost.schema import Function, Policy, Table, View


def owner_condition(context: Context, table: Table) -> str:
    """Return the SQL that ties a row to its owner, or an empty text where the owner's column is not plain."""
    owners = sorted(context.analysis.owner_columns(table))
    column = table.column(owners[0]) if len(owners) == 1 else None
    if column is None or column.type not in ("uuid", "text", "character varying"):
        return ""
    cast = "" if column.type == "uuid" else "::text"
    return f"(SELECT auth.uid()){cast} = {sql.identifier(column.name)}"


def altered(policy: Policy, using: str = "", check: str = "", roles: tuple[str, ...] = ()) -> str:
    """Return the ALTER POLICY that changes the given parts, or an empty text where none is given."""
    clauses = [f" TO {sql.roles(roles)}"] if roles else []
    clauses += [f" USING ({using})"] if using else []
    clauses += [f" WITH CHECK ({check})"] if check else []
    name = f"{sql.identifier(policy.name)} ON {sql.qualified(policy.schema, policy.table)}"
    return f"ALTER POLICY {name}{''.join(clauses)};" if clauses else ""


def dropped(policy: Policy) -> str:
    """Return the DROP POLICY of a policy."""
    return f"DROP POLICY {sql.identifier(policy.name)} ON {sql.qualified(policy.schema, policy.table)};"


def tied_to_owner(context: Context, one: PolicyFacts) -> str:
    """Return the ALTER POLICY that ties a policy to the row's owner, or an empty text where there is no plain one."""
    condition = owner_condition(context, one.table)
    using = condition if one.policy.command != "insert" else ""
    check = condition if one.policy.command in ("insert", "update", "all") and one.policy.check is not None else ""
    return altered(one.policy, using, check) if condition else ""


def revoked(relation: Table | View, roles: Iterable[str], privileges: Sequence[str] = ()) -> str:
    """Return the REVOKE that takes privileges from roles and from PUBLIC, or an empty text where no grant names them.

    Args:
        relation: The relation.
        roles: The roles that hold a privilege.
        privileges: What to take away. Without any, everything.
    """
    granted = {grant.grantee for grant in relation.grants if not privileges or grant.privilege in privileges}
    grantees = sorted(granted & {*roles, "public"})
    what = f"{', '.join(privileges) or 'ALL'} ON {sql.qualified(relation.schema, relation.name)}"
    return f"REVOKE {what} FROM {sql.roles(grantees)};" if grantees else ""


def revoke_execute(function: Function) -> str:
    """Return the statement by which the API can no longer call a function, or nothing where no role can."""
    # The types are PostgreSQL's own printing: they cannot be quoted as names.
    name = f"{sql.qualified(function.schema, function.name)}({function.arguments})"
    kind = "PROCEDURE" if function.kind == "procedure" else "FUNCTION"
    grantees = sorted({g.grantee for g in function.grants} & {"public", "anon", "authenticated"})
    return f"REVOKE EXECUTE ON {kind} {name} FROM {sql.roles(grantees)};" if grantees else ""
