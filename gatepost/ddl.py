"""The SQL that creates, changes and drops a policy, a table's grants or its row security."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from gatepost import sql
from gatepost.declare.declaration import PROTECTED
from gatepost.diff import UNPROTECTED, Change, Managed, TableGrants, TableRowSecurity
from gatepost.schema import API_ROLES, Grant, Policy, RowSecurity

EVERYBODY = ("public", *API_ROLES)


def change_sql(change: Change) -> list[str]:
    """Return the statements of one step."""
    if change.kind == "create":
        return create_sql(change.subject)
    if change.kind == "replace":
        return replace_sql(change.subject)
    return drop_sql(change.subject)


def create_sql(value: Managed) -> list[str]:
    """Return the statements that create a new value."""
    if isinstance(value, Policy):
        return [_create_policy(value), *_comment(value)]
    return replace_sql(value)


def replace_sql(value: Managed) -> list[str]:
    """Return the statements that replace an existing value."""
    if isinstance(value, Policy):
        return [_drop_policy(value), *create_sql(value)]
    if isinstance(value, TableGrants):
        return [*_revoke(value), *_shut_out(value, value.no_usage), *_grant(value)]
    return _row_security(value, value.state)


def drop_sql(value: Managed) -> list[str]:
    """Return the statements that drop a value."""
    if isinstance(value, Policy):
        return [_drop_policy(value)]
    if isinstance(value, TableGrants):
        return [*_revoke(value), *_shut_out(value, value.usage)]
    return _row_security(value, UNPROTECTED)


def _create_policy(policy: Policy) -> str:
    parts = [
        f"CREATE POLICY {sql.identifier(policy.name)} ON {sql.qualified(policy.schema, policy.table)}",
        f"AS {'PERMISSIVE' if policy.permissive else 'RESTRICTIVE'}",
        f"FOR {policy.command.upper()}",
        f"TO {sql.roles(policy.roles)}",
    ]
    for clause, text in (("USING", policy.using), ("WITH CHECK", policy.check)):
        if text is not None:
            parts.append(f"{clause} ({_without_tabs(text)}{_end(text)})")
    return " ".join(parts)


def _without_tabs(text: str) -> str:
    """Return SQL text that means the same without a tab: Alembic's scripts (`--sql`) have four spaces in its place."""
    if "\t" not in text:
        return text
    return "".join(
        _literal_without_tabs(token.text) if token.kind == "literal" else token.text for token in sql.tokens(text)
    )


def _literal_without_tabs(text: str) -> str:
    if "\t" not in text or text[0] not in "eE'$":
        return text
    if text[0] in "eE":
        return text.replace("\t", "\\t")
    delimiter = text[: text.index("$", 1) + 1] if text[0] == "$" else "'"
    value = text[len(delimiter) : -len(delimiter)]
    quoted = value.replace("\\", "\\\\").replace("\t", "\\t")
    return f"E'{quoted.replace(chr(39), chr(39) * 2) if text[0] == '$' else quoted}'"


def _end(text: str) -> str:
    """Return a line break after text that ends in a comment, so that the comment does not swallow the bracket."""
    return "\n" if any(token.kind == "comment" for token in sql.tokens(text)) else ""


def _comment(policy: Policy) -> list[str]:
    if policy.comment is None:
        return []
    on = f"{sql.identifier(policy.name)} ON {sql.qualified(policy.schema, policy.table)}"
    return [f"COMMENT ON POLICY {on} IS {_literal_without_tabs(sql.literal(policy.comment))}"]


def _drop_policy(policy: Policy) -> str:
    """Return the statement that drops a policy, also where another branch of the revisions did so before."""
    return f"DROP POLICY IF EXISTS {sql.identifier(policy.name)} ON {sql.qualified(policy.schema, policy.table)}"


def _row_security(table: TableRowSecurity, state: RowSecurity) -> list[str]:
    name = sql.qualified(table.schema, table.table)
    force = f"ALTER TABLE {name} {'' if state.forced else 'NO '}FORCE ROW LEVEL SECURITY"
    enable = f"ALTER TABLE {name} {'ENABLE' if state.enabled else 'DISABLE'} ROW LEVEL SECURITY"
    return [enable, force] if state == PROTECTED else [force, enable]


def _revoke(grants: TableGrants) -> list[str]:
    everybody = sql.roles(sorted({*EVERYBODY, *grants.revoked, *(grant.grantee for grant in grants.grants)}))
    revoked = [f"REVOKE ALL ON TABLE {sql.qualified(grants.schema, grants.table)} FROM {everybody}"]
    for schema, name, _ in grants.sequences:
        revoked.append(f"REVOKE ALL ON SEQUENCE {sql.qualified(schema, name)} FROM {everybody}")
    return revoked


def _shut_out(grants: TableGrants, roles: tuple[str, ...]) -> list[str]:
    return [f"REVOKE USAGE ON SCHEMA {sql.identifier(grants.schema)} FROM {sql.roles(roles)}"] if roles else []


def _grant(grants: TableGrants) -> list[str]:
    granted = []
    if grants.usage:
        granted.append(f"GRANT USAGE ON SCHEMA {sql.identifier(grants.schema)} TO {sql.roles(grants.usage)}")
    granted += _grants_on(f"TABLE {sql.qualified(grants.schema, grants.table)}", grants.grants)
    for schema, name, of_sequence in grants.sequences:
        granted += _grants_on(f"SEQUENCE {sql.qualified(schema, name)}", of_sequence)
    return granted


def _grants_on(what: str, grants: Iterable[Grant]) -> list[str]:
    columns: defaultdict[tuple[str, bool], defaultdict[str, list[str | None]]]
    columns = defaultdict(lambda: defaultdict(list))
    for grant in grants:
        columns[grant.grantee, grant.grantable][grant.privilege].append(grant.column)
    statements = []
    for (grantee, grantable), privileges in columns.items():
        option = " WITH GRANT OPTION" if grantable else ""
        for batch in (sorted(set(privileges) - {"MAINTAIN"}), sorted(set(privileges) & {"MAINTAIN"})):
            if batch:
                listed = ", ".join(_privilege(name, privileges[name]) for name in batch)
                statement = f"GRANT {listed} ON {what} TO {sql.role(grantee)}{option}"
                statements.append(from_17(statement) if batch == ["MAINTAIN"] else statement)
    return statements


def _privilege(name: str, columns: list[str | None]) -> str:
    named = [column for column in columns if column is not None]
    return f"{name} ({sql.identifiers(named)})" if named and None not in columns else name


def from_17(statement: str) -> str:
    """Return a statement that older servers, which have no MAINTAIN, pass over."""
    return (
        "DO $gatepost$ BEGIN IF current_setting('server_version_num')::int >= 170000 THEN "
        f"EXECUTE {sql.literal(statement)}; END IF; END $gatepost$"
    )


def close_partitions(schema: str, table: str) -> str:
    """Return the statement that closes every partition of a table to the API."""
    parent = sql.literal(sql.qualified(schema, table))
    outsiders = sql.roles(("public", "anon", "authenticated"))
    return (
        f"DO $gatepost$ DECLARE part pg_catalog.regclass; BEGIN FOR part IN SELECT t.relid"
        f" FROM pg_catalog.pg_partition_tree({parent}) t JOIN pg_catalog.pg_class c ON c.oid = t.relid"
        f" WHERE t.level > 0 AND c.relkind IN ('r', 'p') LOOP"
        " EXECUTE pg_catalog.format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', part);"
        f" EXECUTE pg_catalog.format('REVOKE ALL ON TABLE %s FROM {outsiders}', part);"
        " END LOOP; END $gatepost$"
    )
