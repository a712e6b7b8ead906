"""The rule `platform-secrets-open`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.analysis.context import Context
from gatepost.analysis.privileges import ROW_PRIVILEGES
from gatepost.rules._fixes import revoked
from gatepost.rules._registry import Found, rule
from gatepost.rules._wording import joined, names

SECRET_SCHEMAS = ("auth", "vault")
"""The schemas in which the platform keeps users, tokens and secrets."""


@rule(severity="error", decided_by="catalog")
def platform_secrets_open(context: Context) -> Iterator[Found]:
    """The API serves a schema with the platform's secrets, or an API role can access a table there.

    ## Why is this bad?
    `auth` holds password hashes and tokens, `vault` holds secrets. They belong to the platform's services. No API
    request should use them.

    ## Example
    ```sql
    -- gatepost: as superuser
    GRANT USAGE ON SCHEMA vault TO authenticated;
    GRANT SELECT ON vault.secrets TO authenticated;
    ```

    ## Use instead
    ```sql
    REVOKE ALL ON vault.secrets FROM authenticated;
    REVOKE USAGE ON SCHEMA vault FROM authenticated;
    ```

    ## References
    - https://supabase.com/docs/guides/api/using-custom-schemas
    - https://supabase.com/docs/guides/database/vault
    """
    for schema in SECRET_SCHEMAS:
        if schema in context.live.exposed:
            yield Found(
                schema,
                f'the Data API serves the schema "{schema}", where the platform keeps its secrets',
                f"-- remove {schema} from the exposed schemas in the API's settings",
            )
    for table in context.live.tables:
        if table.schema not in SECRET_SCHEMAS or table.row_security.enabled or table.partition:
            continue
        roles = context.privileges.who(table, *ROW_PRIVILEGES)
        if not roles:
            continue
        held = [privilege for privilege in ROW_PRIVILEGES if context.privileges.who(table, privilege)]
        yield Found(
            str(table),
            f'{names(roles)} can {joined(held)} every row of "{table}", which belongs to the platform',
            revoked(table, roles),
        )
