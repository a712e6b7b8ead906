"""The rule `published-without-row-security`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost import sql
from gatepost.analysis.context import Context
from gatepost.rules._registry import Found, rule
from gatepost.rules._wording import names

REALTIME = "supabase_realtime"


@rule(severity="error", decided_by="catalog")
def published_without_row_security(context: Context) -> Iterator[Found]:
    """Realtime publishes a table whose row security is off.

    ## Why is this bad?
    Realtime checks a table's policies for each listener. Without row security it checks only the SELECT privilege on
    the table, not even USAGE on its schema. Every listener receives every change.

    ## Example
    ```sql
    CREATE SCHEMA hidden;
    CREATE TABLE hidden.note (id int PRIMARY KEY, body text);
    GRANT SELECT ON hidden.note TO authenticated;
    ALTER PUBLICATION supabase_realtime ADD TABLE hidden.note;
    ```

    ## Use instead
    ```sql
    ALTER TABLE hidden.note ENABLE ROW LEVEL SECURITY;
    ```

    ## References
    - https://supabase.com/docs/guides/realtime/postgres-changes
    """
    published = [publication for publication in context.live.publications if publication.name == REALTIME]
    for table in context.live.tables:
        if table.row_security.enabled or not any(publication.publishes(table.key) for publication in published):
            continue
        listeners = [role for role in context.privileges.api_roles if context.privileges.holds(role, table, "SELECT")]
        if listeners:
            yield Found(
                str(table),
                f'Realtime sends every change of "{table}" to {names(listeners)}, because its row security is off',
                f"ALTER TABLE {sql.qualified(table.schema, table.name)} ENABLE ROW LEVEL SECURITY;",
            )
