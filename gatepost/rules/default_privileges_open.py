"""The rule `default-privileges-open`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from gatepost import sql
from gatepost.analysis.context import Context
from gatepost.rules._registry import Found, rule
from gatepost.rules._wording import joined, names
from gatepost.schema import PLATFORM_GRANTORS, is_platform

_REPORTED = {"table": ("SELECT", "INSERT", "UPDATE", "DELETE"), "function": ("EXECUTE",)}


@rule(severity="warning", decided_by="catalog")
def default_privileges_open(context: Context) -> Iterator[Found]:
    """Tables or functions created later will be open to the API.

    A warning for PUBLIC, which is everyone. Information for the API roles, because every project created before 2026
    has such default privileges. The platform's own are skipped, because a project cannot change them.

    ## Why is this bad?
    Everyone who creates a table and forgets its row security publishes it.

    ## Example
    ```sql
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO anon;
    ```

    ## Use instead
    ```sql
    ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE SELECT ON TABLES FROM anon;
    ```

    ## References
    - https://www.postgresql.org/docs/17/sql-alterdefaultprivileges.html
    - https://supabase.com/changelog/45329-breaking-change-tables-not-exposed-to-data-and-graphql-api-automatically
    """
    reported_roles = {*context.privileges.api_roles, "public"}
    found: defaultdict[tuple[str, str, str, bool], set[tuple[str, str]]] = defaultdict(set)
    for default in context.live.default_privileges:
        grant = default.grant
        if default.creator in PLATFORM_GRANTORS or is_platform(default.schema) or grant.grantee not in reported_roles:
            continue
        everybody = grant.grantee == "public" and default.kind == "table"
        if grant.privilege in _REPORTED.get(default.kind, ()) and (everybody or grant.grantee != "public"):
            found[default.creator, default.schema, default.kind, everybody].add((grant.grantee, grant.privilege))
    for (creator, schema, kind, everybody), grants in sorted(found.items()):
        roles, held = sorted({role for role, _ in grants}), sorted({privilege for _, privilege in grants})
        place = f' in "{schema}"' if schema else ""
        who = "everyone" if everybody else names(roles)
        inside = f" IN SCHEMA {sql.identifier(schema)}" if schema else ""
        yield Found(
            schema or context.live.database,
            f'every {kind} that "{creator}" creates{place} will let {who} {joined(held)}',
            f"ALTER DEFAULT PRIVILEGES FOR ROLE {sql.identifier(creator)}{inside}"
            f" REVOKE {', '.join(held)} ON {kind.upper()}S FROM {sql.roles(roles)};",
            detail=f"{creator}:{kind}:{'public' if everybody else 'api'}",
            severity="warning" if everybody else "info",
        )
