"""The rule `row-security-off`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost import sql
from gatepost.analysis.context import Context
from gatepost.analysis.privileges import ROW_PRIVILEGES
from gatepost.name_hints import word_list
from gatepost.rules._registry import Found, rule
from gatepost.rules._wording import joined, names
from gatepost.schema import Table


@rule(severity="error", decided_by="catalog")
def row_security_off(context: Context) -> Iterator[Found]:
    """Row security of a table is off.

    An error where an API role can access its rows, through any schema. A warning where none can, in a schema that the
    API serves. Information for a partition, a migration tool's own table, or one that the project leaves alone
    (`only_declared`), where nobody can access it.

    ## Why is this bad?
    Everyone with a privilege on the table can access every row, and its policies have no effect. A partition or child
    table that is queried by its own name does not use its parent's policies.

    ## Example
    ```sql
    CREATE TABLE public.note (id int PRIMARY KEY, body text);
    GRANT SELECT ON public.note TO authenticated;
    ```

    ## Use instead
    ```sql
    ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
    ALTER TABLE public.note FORCE ROW LEVEL SECURITY;
    ```

    ## References
    - https://www.postgresql.org/docs/17/ddl-rowsecurity.html
    - https://supabase.com/docs/guides/database/postgres/row-level-security
    """
    served = set(context.live.exposed)
    for table in context.reachable_tables:
        if table.kind == "foreign" or table.row_security.enabled:
            continue
        access = _access(context, table)
        if not access and table.schema not in served:
            continue
        left_alone = context.declaration is not None and context.declaration.partial
        left_alone = left_alone and context.declaration_of(table) is None
        quiet = (
            left_alone or table.partition or bool(table.parents) or table.name.lower() in word_list("migration_tables")
        )
        name = sql.qualified(table.schema, table.name)
        yield Found(
            str(table),
            f'row security is off for "{table}": {access or "no API role can access it now, but one GRANT opens it"}',
            f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY;\nALTER TABLE {name} FORCE ROW LEVEL SECURITY;",
            severity="error" if access else "info" if quiet else "warning",
        )


def _access(context: Context, table: Table) -> str:
    by_privileges: dict[tuple[str, ...], list[str]] = {}
    for role in context.privileges.api_roles:
        held = tuple(p for p in ROW_PRIVILEGES if context.privileges.reaches(role, table, p))
        if held:
            by_privileges.setdefault(held, []).append(role)
    return "; ".join(f"{names(roles)} can {joined(held)} every row" for held, roles in by_privileges.items())
