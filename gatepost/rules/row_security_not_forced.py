"""The rule `row-security-not-forced`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost import sql
from gatepost.finding import Finding
from gatepost.rules.context import VERSION_TABLE, Context
from gatepost.rules.discovery import rule


@rule(severity="warning")
def row_security_not_forced(context: Context) -> Iterator[Finding]:
    """Row security does not hold for the table's owner.

    ## Why is this bad?
    A connection as the owner, or a SECURITY DEFINER function of the owner's, reaches every row, whatever the policies
    say. A declared table is not told here: that it is not forced is drift.

    ## Example
    ```sql
    CREATE TABLE public.note (id int PRIMARY KEY, body text);
    ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
    ```

    ## Use instead
    ```sql
    ALTER TABLE public.note FORCE ROW LEVEL SECURITY;
    ```

    ## References
    - https://www.postgresql.org/docs/17/sql-altertable.html#SQL-ALTERTABLE-DESC-FORCE-ROW-LEVEL-SECURITY
    """
    for table in context.tables:
        state = table.row_security
        told_elsewhere = table.kind == "foreign" or table.name == VERSION_TABLE or context.declaration_of(table)
        if told_elsewhere or not state.enabled or state.forced:
            continue
        yield Finding(
            "row-security-not-forced",
            "warning",
            str(table),
            f'row security of "{table}" does not hold for its owner "{table.owner}", who reaches every row',
            f"ALTER TABLE {sql.qualified(table.schema, table.name)} FORCE ROW LEVEL SECURITY;",
        )
