"""The rule `row-security-without-policies`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.analysis.context import VERSION_TABLE, Context
from gatepost.rules._registry import Found, rule


@rule(severity="info")
def row_security_without_policies(context: Context) -> Iterator[Found]:
    """Row security of a table is on, and it has no policy: the backend alone reaches its rows.

    Nothing is told of a table that was declared so.

    ## Why is this bad?
    It is not: it is the safest state, and looks the same as a policy that was forgotten. A query of the API answers
    with no rows, and with no error where a privilege is held.

    ## Example
    ```sql
    CREATE TABLE public.note (id int PRIMARY KEY, owner uuid);
    ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
    ```

    ## Use instead
    ```sql
    CREATE POLICY own ON public.note FOR SELECT TO authenticated USING ((SELECT auth.uid()) = owner);
    ```
    or, in `policies/`, `protect(Note)`: nobody but the backend.

    ## References
    - https://www.postgresql.org/docs/17/ddl-rowsecurity.html
    """
    for table in context.reachable_tables:
        if not table.row_security.enabled or table.policies or table.partition or table.name == VERSION_TABLE:
            continue
        if context.declaration_of(table) is None:
            yield Found(
                str(table),
                f'"{table}" has no policy, so only roles that bypass row security reach its rows',
            )
