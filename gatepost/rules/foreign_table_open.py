"""The rule `foreign-table-open`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.analysis.context import Context
from gatepost.analysis.privileges import ROW_PRIVILEGES
from gatepost.rules._fixes import revoked
from gatepost.rules._registry import Found, rule
from gatepost.rules._wording import joined, names


@rule(severity="warning", decided_by="catalog")
def foreign_table_open(context: Context) -> Iterator[Found]:
    """An API role can access a foreign table.

    ## Why is this bad?
    A foreign table cannot have row security, and the other server sees one user for all callers. Every row there is
    open to every caller.

    ## Example
    ```sql
    -- gatepost: as superuser
    CREATE FOREIGN DATA WRAPPER elsewhere;
    CREATE SERVER other FOREIGN DATA WRAPPER elsewhere;
    CREATE FOREIGN TABLE public.note (id int, body text) SERVER other;
    GRANT SELECT ON public.note TO authenticated;
    ```

    ## Use instead
    ```sql
    REVOKE ALL ON public.note FROM anon, authenticated;
    ```

    ## References
    - https://www.postgresql.org/docs/17/sql-createforeigntable.html
    """
    for table in context.reachable_tables:
        if table.kind != "foreign":
            continue
        roles = context.privileges.who(table, *ROW_PRIVILEGES)
        if not roles:
            continue
        held = [privilege for privilege in ROW_PRIVILEGES if context.privileges.who(table, privilege)]
        yield Found(
            str(table),
            f'{names(roles)} can {joined(held)} every row of the foreign table "{table}", which cannot have row'
            " security",
            revoked(table, roles),
        )
