"""The rule `column-privilege-without-effect`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost import sql
from gatepost.analysis.context import Context
from gatepost.finding import Severity
from gatepost.name_hints import gives_power, is_account, is_secret
from gatepost.rules._column_privileges import by_command
from gatepost.rules._registry import Found, rule
from gatepost.rules._wording import joined, names
from gatepost.schema import Command, Table


@rule(severity="error", decided_by="catalog")
def column_privilege_without_effect(context: Context) -> Iterator[Found]:
    """A GRANT or REVOKE of single columns has no effect, because the role holds the privilege on the whole table.

    A REVOKE of columns leaves no trace in the catalog; it is found in SQL files. Information where a column grant
    stands beside a grant on the table and no other column looks as if it had to be kept, and where no policy lets the
    role run the command at all.

    ## Why is this bad?
    PostgreSQL accepts both statements without a word. On the platform, a new table may come with grants on all of it,
    so a column that was to be hidden or kept can be read or written.

    ## Example
    ```sql
    CREATE TABLE public.colleague (id uuid PRIMARY KEY, name text, salary int);
    ALTER TABLE public.colleague ENABLE ROW LEVEL SECURITY;
    CREATE POLICY directory ON public.colleague FOR SELECT TO authenticated USING ((SELECT auth.uid()) IS NOT NULL);
    GRANT SELECT ON public.colleague TO authenticated;
    GRANT SELECT (id, name) ON public.colleague TO authenticated;
    ```

    ## Use instead
    ```sql
    REVOKE SELECT ON public.colleague FROM authenticated;
    GRANT SELECT (id, name) ON public.colleague TO authenticated;
    ```

    ## References
    - https://www.postgresql.org/docs/17/sql-revoke.html
    - https://supabase.com/docs/guides/database/postgres/column-level-security
    """
    for table, command, (revoked, columns), roles in by_command(context, _open):
        yield _finding(context, table, command, revoked, columns, roles)


def _open(context: Context, table: Table, role: str, command: Command) -> tuple[bool, tuple[str, ...]] | None:
    """Return the columns that somebody meant to keep from a role, and whether a script revoked them."""
    privileges = context.privileges
    held = [c.name for c in table.columns if privileges.holds(role, table, command.upper(), [c.name])]
    taken = {
        one.column
        for one in context.revoked
        if (one.schema, one.table, one.role, one.privilege) == (*table.key, role, command.upper())
    }
    granted = {
        grant.column
        for grant in table.grants
        if grant.privilege == command.upper() and grant.grantee == role and grant.column is not None
    }
    if kept := tuple(name for name in held if name in taken - granted):
        return True, kept
    beside = tuple(name for name in held if granted and name not in granted)
    return (False, beside) if beside else None


def _finding(
    context: Context, table: Table, command: Command, revoked: bool, columns: tuple[str, ...], roles: list[str]
) -> Found:
    verb, target = command.upper(), sql.qualified(*table.key)
    others = sql.identifiers(c.name for c in table.columns if c.name not in columns)
    why = "were revoked" if revoked else "are not among the columns that were granted"
    place = next((one.place for one in context.revoked if (one.schema, one.table) == table.key), "") if revoked else ""
    grantees = sql.identifiers(roles)
    return Found(
        str(table),
        f'{names(roles)} can {verb} {names(columns)} of "{table}". These columns {why}'
        f"{f' ({place})' if place else ''}, which has no effect beside the grant on the whole table",
        f"REVOKE {verb} ON {target} FROM {grantees};\nGRANT {verb} ({others}) ON {target} TO {grantees};",
        detail=f"{command}: {joined(roles)}",
        severity=_severity(context, table, command, revoked, columns, roles),
    )


def _severity(
    context: Context, table: Table, command: Command, revoked: bool, columns: tuple[str, ...], roles: list[str]
) -> Severity:
    if not any(context.privileges.writes(role, table, command) for role in roles):
        return "info"
    own = is_account(table.name)
    kept = any(is_secret(name) or (command != "select" and gives_power(name, own)) for name in columns)
    return "error" if revoked or kept else "info"
