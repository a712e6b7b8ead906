"""The rule `row-security-without-policies`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.analysis.context import Context, is_version_table
from gatepost.rules._registry import Found, rule


@rule(severity="info", decided_by="catalog")
def row_security_without_policies(context: Context) -> Iterator[Found]:
    """Row security of a table is on but it has no policy, so only the backend can access its rows.

    A table that was declared so is not reported.

    ## Why is this bad?
    It need not be bad: it is the safest state. But it looks the same as a forgotten policy. An API query returns no
    rows, and no error where the role has the privilege.

    ## Example
    ```sql
    CREATE TABLE public.note (id int PRIMARY KEY, owner uuid);
    ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
    ```

    ## Use instead
    ```sql
    CREATE POLICY own ON public.note FOR SELECT TO authenticated USING ((SELECT auth.uid()) = owner);
    ```
    or, in `policies/`, `protect(Note)`: only the backend has access.

    ## References
    - https://www.postgresql.org/docs/17/ddl-rowsecurity.html
    """
    for table in context.reachable_tables:
        if not table.row_security.enabled or table.policies or table.partition or is_version_table(table):
            continue
        if context.declaration_of(table) is None:
            yield Found(
                str(table),
                f'"{table}" has no policy, so only roles that bypass row security can access its rows',
            )
