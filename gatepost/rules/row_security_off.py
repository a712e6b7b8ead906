"""The rule `row-security-off`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost import sql
from gatepost.finding import Finding
from gatepost.rules.context import Context
from gatepost.rules.discovery import rule


@rule(severity="error")
def row_security_off(context: Context) -> Iterator[Finding]:
    """Row security of a table in an exposed schema is off.

    ## Why is this bad?
    Whoever holds a privilege on the table reaches every row of it through the Data API, and policies that are there
    are not asked.

    ## Example
    ```sql
    CREATE TABLE public.note (id int PRIMARY KEY, body text);
    ```

    ## Use instead
    ```sql
    ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
    ALTER TABLE public.note FORCE ROW LEVEL SECURITY;
    ```

    ## References
    - https://www.postgresql.org/docs/17/ddl-rowsecurity.html
    """
    for table in context.tables:
        if table.kind == "foreign" or table.row_security.enabled:
            continue
        name = sql.qualified(table.schema, table.name)
        held = sorted({grant.grantee for grant in table.grants if grant.grantee in context.roles - {"service_role"}})
        reach = f"{', '.join(held)} can reach every row" if held else "one GRANT opens every row"
        yield Finding(
            "row-security-off",
            "error",
            str(table),
            f'row security is off for "{table}": {reach}',
            f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY;\nALTER TABLE {name} FORCE ROW LEVEL SECURITY;",
        )
