"""The rule `no-api-roles`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.analysis.context import Context
from gatepost.rules._registry import Found, rule
from gatepost.rules._wording import names


@rule(severity="info", decided_by="catalog")
def no_api_roles(context: Context) -> Iterator[Found]:
    """The server has none of the Data API's roles, so other roles were checked instead.

    Those are the roles that own nothing, are not superusers, do not bypass row security and hold a privilege on a table
    or view. Without any such role it is PUBLIC.

    ## Why is this bad?
    It is fine on a PostgreSQL outside the platform. On a server that should have the roles, they are missing.

    ## Example
    ```sql
    -- gatepost: as superuser
    ALTER ROLE anon RENAME TO anon_before;
    ALTER ROLE authenticated RENAME TO authenticated_before;
    ```

    ## Use instead
    ```sql
    ALTER ROLE anon_before RENAME TO anon;
    ALTER ROLE authenticated_before RENAME TO authenticated;
    ```
    or `gatepost local bootstrap`, which creates them.

    ## References
    - https://supabase.com/docs/guides/database/postgres/roles
    """
    privileges = context.privileges
    if not privileges.on_platform:
        yield Found(
            context.live.database,
            f'there is no role "anon" or "authenticated" here, so {names(privileges.api_roles)} was checked instead',
            "gatepost local bootstrap",
        )
