"""The rule `row-security-off`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost import sql
from gatepost.analysis.context import Context
from gatepost.analysis.privileges import ROW_PRIVILEGES
from gatepost.rules._registry import Found, rule
from gatepost.rules._wording import joined, names
from gatepost.schema import Table

BOOKKEEPING = frozenset(
    "alembic_version schema_migrations _prisma_migrations flyway_schema_history knex_migrations knex_migrations_lock"
    " django_migrations drizzle_migrations sequelizemeta".split()
)
"""Tables in which migration tools keep their own state."""


@rule(severity="error")
def row_security_off(context: Context) -> Iterator[Found]:
    """Row security of a table is off.

    An error where a role of the API reaches its rows, through whichever schema; a warning where none does, in a schema
    that the API serves; information for a partition or a migration tool's own table that nobody reaches.

    ## Why is this bad?
    Whoever holds a privilege on the table reaches every row of it, and policies that are there are not asked. A
    partition or a child that is asked by its own name does not know its parent's policies.

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
        reach = _reach(context, table)
        if not reach and table.schema not in served:
            continue
        quiet = table.partition or bool(table.parents) or table.name.lower() in BOOKKEEPING
        name = sql.qualified(table.schema, table.name)
        yield Found(
            str(table),
            f'row security is off for "{table}": {reach or "nobody of the API reaches it now, and one GRANT opens it"}',
            f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY;\nALTER TABLE {name} FORCE ROW LEVEL SECURITY;",
            severity="error" if reach else "info" if quiet else "warning",
        )


def _reach(context: Context, table: Table) -> str:
    by_privileges: dict[tuple[str, ...], list[str]] = {}
    for role in context.privileges.api_roles:
        held = tuple(p for p in ROW_PRIVILEGES if context.privileges.reaches(role, table, p))
        if held:
            by_privileges.setdefault(held, []).append(role)
    return "; ".join(f"{names(roles)} can {joined(held)} every row" for held, roles in by_privileges.items())
