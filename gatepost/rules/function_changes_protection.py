"""The rule `function-changes-protection`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.analysis.context import Context
from gatepost.analysis.functions.protection_changes import protection_changes
from gatepost.analysis.functions.security_definer import callable_definers
from gatepost.rules._fixes import revoke_execute
from gatepost.rules._registry import Found, rule
from gatepost.rules._wording import joined, names


@rule(severity="error", decided_by="catalog")
def function_changes_protection(context: Context) -> Iterator[Found]:
    """A function that an API role can call takes the protection of a table away.

    An error where the function does so for whoever calls it. A warning where something stands before the statement that
    may end the call, or where the function's owner may not own the table. A function that refuses whoever is not
    allowed to is not reported.

    ## Why is this bad?
    A SECURITY DEFINER function runs as its owner, who may switch row security off, drop and make policies, and grant
    privileges. After one call every row is open to everybody.

    ## Example
    ```sql
    CREATE TABLE public.note (id int PRIMARY KEY, owner uuid, body text);
    ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
    CREATE FUNCTION public.maintenance() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
        AS $$ BEGIN ALTER TABLE public.note DISABLE ROW LEVEL SECURITY; END $$;
    ```

    ## Use instead
    ```sql
    REVOKE EXECUTE ON FUNCTION public.maintenance() FROM PUBLIC, anon, authenticated;
    ```

    ## References
    - https://www.postgresql.org/docs/17/sql-createfunction.html#SQL-CREATEFUNCTION-SECURITY
    """
    for found in callable_definers(context):
        changes = protection_changes(found, context)
        if changes:
            function, certain = found.function, any(one.certain for one in changes)
            what = joined(dict.fromkeys(one.what for one in changes))
            yield Found(
                str(function),
                f'{names(found.roles)} can {what} by calling "{function}", which runs as "{function.owner}"'
                + ("" if certain else ", unless something in it refuses them"),
                revoke_execute(function),
                severity="error" if certain else "warning",
            )
