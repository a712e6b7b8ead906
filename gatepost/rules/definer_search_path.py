"""The rule `definer-search-path`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost import sql
from gatepost.analysis.context import Context
from gatepost.analysis.functions.security_definer import callers
from gatepost.rules._registry import Found, rule
from gatepost.rules._wording import names
from gatepost.schema import is_platform


@rule(severity="warning", decided_by="catalog")
def definer_search_path(context: Context) -> Iterator[Found]:
    """A SECURITY DEFINER function looks up names in its caller's search path.

    A warning where the body names a table or a function without its schema, information where every name is qualified.
    A body that was parsed when the function was created (BEGIN ATOMIC) is not reported.

    ## Why is this bad?
    Without its own `search_path` the function uses the caller's. Anyone who can create a table or a function somewhere,
    even a temporary table, can replace the intended one, and their code runs as the function's owner.

    ## Example
    ```sql
    CREATE TABLE public.note (id int PRIMARY KEY, owner uuid);
    ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
    CREATE FUNCTION public.note_count() RETURNS bigint LANGUAGE sql SECURITY DEFINER
        AS $$ SELECT count(*) FROM note WHERE owner = auth.uid() $$;
    ```

    ## Use instead
    ```sql
    ALTER FUNCTION public.note_count() SET search_path = public, pg_temp;
    ```

    ## References
    - https://www.postgresql.org/docs/17/sql-createfunction.html#SQL-CREATEFUNCTION-SECURITY
    """
    for function in context.live.functions:
        if not function.definer or function.parsed or is_platform(function.schema):
            continue
        if function.setting("search_path") is not None:
            continue
        fired = function.is_trigger and any(trigger.function == function.key for trigger in context.live.triggers)
        if not fired and not callers(function, context):
            continue
        unqualified = context.bodies.alone(function).unqualified
        looked_up = names(unqualified[:3]) if unqualified else "the names in its body"
        name = f"{sql.qualified(function.schema, function.name)}({function.arguments})"
        yield Found(
            str(function),
            f'"{function}" runs as "{function.owner}" and looks up {looked_up} in the caller\'s search path',
            f"ALTER {'PROCEDURE' if function.kind == 'procedure' else 'FUNCTION'} {name}"
            f" SET search_path = {', '.join([*map(sql.identifier, context.live.search_path), 'pg_temp'])};",
            severity="warning" if unqualified else "info",
        )
