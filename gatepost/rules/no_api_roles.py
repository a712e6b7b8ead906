"""The rule `no-api-roles`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.analysis.context import Context
from gatepost.rules._registry import Found, rule
from gatepost.rules._wording import names


@rule(severity="info")
def no_api_roles(context: Context) -> Iterator[Found]:
    """The server has none of the roles of the Data API, so other roles were looked at in their place.

    These are the roles that own nothing, are no superuser and do not bypass row security, and hold a privilege on a
    table or view; PUBLIC where there is none.

    ## Why is this bad?
    It is not, on a PostgreSQL that is not the platform's. On one that should be, the roles are missing.

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
    or `gatepost local bootstrap`, which makes them.

    ## References
    - https://supabase.com/docs/guides/database/postgres/roles
    """
    privileges = context.privileges
    if not privileges.on_platform:
        yield Found(
            context.live.database,
            f'there is no role "anon" and no role "authenticated" here: {names(privileges.api_roles)} was looked at'
            " instead",
            "gatepost local bootstrap",
        )
