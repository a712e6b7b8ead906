"""The rule `column-without-grant`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.analysis.context import Context
from gatepost.rules._column_privileges import by_command
from gatepost.rules._registry import Found, rule
from gatepost.rules._wording import joined, names
from gatepost.schema import Command, Table

_CONSEQUENCES = {
    "select": "SELECT * and RETURNING * are refused, so a client must name the columns",
    "insert": "an INSERT that names another column is refused",
    "update": "an UPDATE that names another column is refused, also where its value stays the same",
}


@rule(severity="info", decided_by="catalog")
def column_without_grant(context: Context) -> Iterator[Found]:
    """A policy lets a role use rows of which a grant gives it only some columns.

    It is not reported where the table is declared, because the declaration names the columns.

    ## Why is this bad?
    It may be intended, to hide or to keep a column. But "permission denied for table" names no column, and clients read
    `*` and write back every column of a row by default.

    ## Example
    ```sql
    CREATE TABLE public.note (id bigint PRIMARY KEY, user_id uuid NOT NULL, body text);
    ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
    REVOKE ALL ON public.note FROM anon, authenticated;
    GRANT SELECT (id, body) ON public.note TO authenticated;
    CREATE POLICY own ON public.note FOR SELECT TO authenticated USING ((SELECT auth.uid()) = user_id);
    ```

    ## Use instead
    Name the columns in every statement, or grant those that a client needs:

    ```sql
    GRANT SELECT ON public.note TO authenticated;
    ```

    ## References
    - https://www.postgresql.org/docs/17/sql-grant.html
    - https://supabase.com/docs/guides/database/postgres/column-level-security
    """
    for table, command, columns, roles in by_command(context, _lacking):
        yield Found(
            str(table),
            f'{names(roles)} may {command.upper()} some columns of "{table}" and not {names(columns, "or")}:'
            f" {_CONSEQUENCES[command]}",
            "",
            detail=f"{command}: {joined(roles)}",
        )


def _lacking(context: Context, table: Table, role: str, command: Command) -> tuple[str, ...] | None:
    """Return the columns that a role may not use in a command that some policy allows it."""
    privileges = context.privileges
    if privileges.bypasses(role, table) or not privileges.writes(role, table, command):
        return None
    wanted = [column for column in table.columns if command == "select" or not column.generated]
    return tuple(one.name for one in wanted if not privileges.holds(role, table, command.upper(), [one.name])) or None
