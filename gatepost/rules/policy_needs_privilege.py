"""The rule `policy-needs-privilege`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gatepost import sql
from gatepost.analysis import PolicyFacts
from gatepost.analysis.context import Context
from gatepost.analysis.policy_questions import decisive
from gatepost.finding import Severity
from gatepost.rules._registry import Found, rule
from gatepost.rules._wording import names
from gatepost.schema import COMMANDS, Function, Policy, Sequence, Table, is_platform


@rule(severity="warning", decided_by="catalog")
def policy_needs_privilege(context: Context) -> Iterator[Found]:
    """A policy is for a role that lacks a privilege beside the one on the table, so that its statements fail.

    These are EXECUTE on a function that the policy calls, USAGE on the schema of the table, and USAGE on the sequence
    from which an INSERT takes the next number.

    ## Why is this bad?
    A policy is evaluated with the privileges of whoever sends the statement. A helper whose EXECUTE was revoked from
    everybody, as advice on SECURITY DEFINER functions says, ends every statement on the table in "permission denied".

    ## Example
    ```sql
    CREATE TABLE public.note (id bigint PRIMARY KEY, user_id uuid NOT NULL, body text);
    CREATE SCHEMA helpers;
    CREATE FUNCTION helpers.mine(who uuid) RETURNS boolean LANGUAGE sql STABLE SET search_path = ''
        AS 'SELECT who = (SELECT auth.uid())';
    REVOKE EXECUTE ON FUNCTION helpers.mine FROM PUBLIC;
    ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
    GRANT SELECT ON public.note TO authenticated;
    CREATE POLICY own ON public.note FOR SELECT TO authenticated USING (helpers.mine(user_id));
    ```

    ## Use instead
    ```sql
    GRANT EXECUTE ON FUNCTION helpers.mine(uuid) TO authenticated;
    ```

    ## References
    - https://www.postgresql.org/docs/17/sql-createpolicy.html
    """
    for one in decisive(context):
        for lacking in (*_functions(context, one), *_sequences(context, one)):
            yield from _found(str(one.policy), str(one.table), lacking)
    for table in context.live.tables:
        if table.row_security.enabled and not is_platform(table.schema):
            for policy in table.policies:
                yield from _found(str(policy), str(table), _schema(context, table, policy), severity="info")


@dataclass(frozen=True)
class _Lacking:
    """What some roles may not use, who needs it, and the grant without its roles."""

    what: str
    needed_by: str
    grant: str
    roles: list[str]


def _found(policy: str, table: str, lacking: _Lacking, severity: Severity | None = None) -> Iterator[Found]:
    if lacking.roles:
        yield Found(
            policy,
            f"{names(lacking.roles)} may not use {lacking.what}, which {lacking.needed_by} needs, so that every such"
            f' statement on "{table}" fails',
            f"GRANT {lacking.grant} TO {sql.roles(lacking.roles)};",
            detail=lacking.what,
            severity=severity,
        )


def _functions(context: Context, one: PolicyFacts) -> Iterator[_Lacking]:
    for reference in one.policy.reads:
        function = context.live.function(*reference.key) if reference.kind == "function" else None
        if function is not None:
            named = f"{sql.qualified(function.schema, function.name)}({function.arguments})"
            lacking = [role for role in one.roles if not _granted(context, role, function, "EXECUTE")]
            by = f'the policy "{one.policy.name}"'
            yield _Lacking(f'the function "{function}"', by, f"EXECUTE ON FUNCTION {named}", lacking)


def _schema(context: Context, table: Table, policy: Policy) -> _Lacking:
    """Return who may not use the schema of a table on which they hold a privilege, so that somebody meant them to."""
    privileges = context.privileges
    commands = COMMANDS if policy.command == "all" else (policy.command,)
    roles = [role for role in policy.roles if role in privileges.api_roles]
    held = [role for role in roles if any(privileges.holds(role, table, command.upper()) for command in commands)]
    lacking = [role for role in held if not privileges.uses(role, table.schema)]
    grant = f"USAGE ON SCHEMA {sql.identifier(table.schema)}"
    return _Lacking(f'the schema "{table.schema}"', f'the policy "{policy.name}"', grant, lacking)


def _sequences(context: Context, one: PolicyFacts) -> Iterator[_Lacking]:
    if "insert" not in one.commands or not one.policy.permissive:
        return
    for sequence in context.live.sequences:
        if sequence.owned_by is None or sequence.identity or sequence.owned_by[:2] != one.table.key:
            continue
        column = one.table.column(sequence.owned_by[2])
        if column is not None and "nextval" in (column.default or ""):
            lacking = [role for role in one.callers["insert"] if not _granted(context, role, sequence, "USAGE")]
            grant = f"USAGE ON SEQUENCE {sql.qualified(sequence.schema, sequence.name)}"
            yield _Lacking(f'the sequence "{sequence}"', f'the default of "{column.name}"', grant, lacking)


def _granted(context: Context, role: str, thing: Function | Sequence, privilege: str) -> bool:
    held = context.privileges.inherited(role)
    wanted = {privilege, "UPDATE"} if isinstance(thing, Sequence) else {privilege}  # either is enough for nextval()
    owns = thing.owner in held or context.privileges.superuser(role)
    return owns or any(grant.grantee in held and grant.privilege in wanted for grant in thing.grants)
