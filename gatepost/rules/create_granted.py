"""The rule `create-granted`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost import sql
from gatepost.analysis.context import Context
from gatepost.rules._registry import Found, rule
from gatepost.rules._wording import names


@rule(severity="warning", decided_by="catalog")
def create_granted(context: Context) -> Iterator[Found]:
    """An API role can create objects in a schema.

    ## Why is this bad?
    Its objects are found by everyone who has the schema in their search path. A function it creates can replace another
    one in a policy, a trigger or a SECURITY DEFINER function. Databases created before PostgreSQL 15 let everyone
    create objects in `public`.

    ## Example
    ```sql
    GRANT CREATE ON SCHEMA public TO authenticated;
    ```

    ## Use instead
    ```sql
    REVOKE CREATE ON SCHEMA public FROM authenticated;
    ```

    ## References
    - https://www.postgresql.org/docs/17/ddl-schemas.html#DDL-SCHEMAS-PATTERNS
    """
    privileges = context.privileges
    for schema in privileges.exposed:
        space = context.live.namespace(schema)
        roles = [role for role in privileges.api_roles if privileges.creates(role, schema)]
        if not roles or space is None:
            continue
        grantees = sorted({grant.grantee for grant in space.grants if grant.privilege == "CREATE"} & {*roles, "public"})
        yield Found(
            schema,
            f'{names(roles)} can create tables and functions in the schema "{schema}"',
            f"REVOKE CREATE ON SCHEMA {sql.identifier(schema)} FROM {sql.roles(grantees)};" if grantees else "",
        )
