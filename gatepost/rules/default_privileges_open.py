"""The rule `default-privileges-open`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from gatepost import sql
from gatepost.analysis.context import Context
from gatepost.rules._registry import Found, rule
from gatepost.rules._wording import joined, names
from gatepost.schema import PLATFORM_GRANTORS, is_platform

_TELLING = {"table": ("SELECT", "INSERT", "UPDATE", "DELETE"), "function": ("EXECUTE",)}


@rule(severity="warning")
def default_privileges_open(context: Context) -> Iterator[Found]:
    """Tables or functions that are made later will be open to the API.

    A warning for PUBLIC, who is everybody. Information for the API's roles, because every project of before 2026 has
    such default privileges; the platform's own, which a project cannot change, are left out.

    ## Why is this bad?
    Whoever makes a table and forgets its row security has published it.

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
    told = {*context.privileges.api_roles, "public"}
    found: defaultdict[tuple[str, str, str, bool], set[tuple[str, str]]] = defaultdict(set)
    for default in context.live.default_privileges:
        grant = default.grant
        if default.creator in PLATFORM_GRANTORS or is_platform(default.schema) or grant.grantee not in told:
            continue
        everybody = grant.grantee == "public" and default.kind == "table"
        if grant.privilege in _TELLING.get(default.kind, ()) and (everybody or grant.grantee != "public"):
            found[default.creator, default.schema, default.kind, everybody].add((grant.grantee, grant.privilege))
    for (creator, schema, kind, everybody), grants in sorted(found.items()):
        roles, held = sorted({role for role, _ in grants}), sorted({privilege for _, privilege in grants})
        place = f' in "{schema}"' if schema else ""
        who = "everybody" if everybody else names(roles)
        inside = f" IN SCHEMA {sql.identifier(schema)}" if schema else ""
        yield Found(
            schema or context.live.database,
            f'each {kind} that "{creator}" makes{place} will let {who} {joined(held)}',
            f"ALTER DEFAULT PRIVILEGES FOR ROLE {sql.identifier(creator)}{inside}"
            f" REVOKE {', '.join(held)} ON {kind.upper()}S FROM {sql.roles(roles)};",
            detail=f"{creator}:{kind}:{'public' if everybody else 'api'}",
            severity="warning" if everybody else "info",
        )
