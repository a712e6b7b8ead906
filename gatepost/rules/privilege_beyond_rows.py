"""The rule `privilege-beyond-rows`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.analysis.context import Context
from gatepost.rules._fixes import revoked
from gatepost.rules._registry import Found, rule
from gatepost.rules._wording import joined, names

BEYOND = ("TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN")


@rule(severity="info", decided_by="catalog")
def privilege_beyond_rows(context: Context) -> Iterator[Found]:
    """An API role holds TRUNCATE, REFERENCES, TRIGGER or MAINTAIN on a table.

    Information, because the platform grants these on every new table, and the Data API has no request for them.

    ## Why is this bad?
    Row security protects only rows. No policy limits TRUNCATE, a foreign key reveals which keys exist, and a trigger
    runs as whoever writes the table. A direct connection, or a function that does it, can use them.

    ## Example
    ```sql
    CREATE TABLE public.note (id int PRIMARY KEY);
    ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
    GRANT TRUNCATE ON public.note TO authenticated;
    ```

    ## Use instead
    ```sql
    REVOKE ALL ON public.note FROM anon, authenticated;
    ```

    ## References
    - https://www.postgresql.org/docs/17/ddl-priv.html
    """
    for table in context.reachable_tables:
        roles = context.privileges.who(table, *BEYOND)
        if not roles:
            continue
        held = [p for p in BEYOND if context.privileges.who(table, p)]
        yield Found(
            str(table),
            f'{names(roles)} may {joined(held)} "{table}", and no policy limits that',
            revoked(table, roles, held),
        )
