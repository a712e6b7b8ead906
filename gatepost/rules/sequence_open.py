"""The rule `sequence-open`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost import sql
from gatepost.analysis.context import Context
from gatepost.rules._registry import Found, rule
from gatepost.rules._wording import names


@rule(severity="info", decided_by="catalog")
def sequence_open(context: Context) -> Iterator[Found]:
    """An API role may set a sequence.

    Information, because the platform grants UPDATE on every new sequence, and the Data API has no request for it.

    ## Why is this bad?
    A role with UPDATE on a sequence can move it with `setval`: back, so that inserts fail on keys that exist, or to its
    end.

    ## Example
    ```sql
    CREATE SEQUENCE public.ticket;
    GRANT UPDATE ON SEQUENCE public.ticket TO authenticated;
    ```

    ## Use instead
    ```sql
    REVOKE ALL ON SEQUENCE public.ticket FROM anon, authenticated;
    GRANT USAGE ON SEQUENCE public.ticket TO authenticated;
    ```

    ## References
    - https://www.postgresql.org/docs/17/functions-sequence.html
    """
    privileges = context.privileges
    schemas = set(privileges.exposed)
    for sequence in context.live.sequences:
        if sequence.schema not in schemas:
            continue
        grantees = {grant.grantee for grant in sequence.grants if grant.privilege == "UPDATE"}
        roles = [
            role
            for role in privileges.api_roles
            if privileges.uses(role, sequence.schema) and grantees & privileges.inherited(role)
        ]
        if roles:
            yield Found(
                str(sequence),
                f'{names(roles)} may set the sequence "{sequence}" to any value',
                f"REVOKE UPDATE ON SEQUENCE {sql.qualified(sequence.schema, sequence.name)}"
                f" FROM {sql.roles(sorted(grantees & {*roles, 'public'}))};",
            )
