"""The rule `function-without-grant`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.analysis.context import Context
from gatepost.rules._registry import Found, rule
from gatepost.rules._wording import names
from gatepost.schema import Function


@rule(severity="info", decided_by="catalog")
def function_without_grant(context: Context) -> Iterator[Found]:
    """A function of a schema that the API serves can be called by none of its users, and nothing else calls it.

    ## Why is this bad?
    Where only the backend calls it, nothing is wrong. Where a client calls it by `rpc()`, the answer is "permission
    denied for function", since EXECUTE was revoked from PUBLIC, as advice on SECURITY DEFINER functions says.

    ## Example
    ```sql
    CREATE FUNCTION public.search(words text) RETURNS bigint LANGUAGE sql SET search_path = '' AS 'SELECT 1::bigint';
    REVOKE EXECUTE ON FUNCTION public.search FROM PUBLIC, anon, authenticated;
    ```

    ## Use instead
    ```sql
    GRANT EXECUTE ON FUNCTION public.search(text) TO authenticated;
    ```

    ## References
    - https://supabase.com/docs/guides/database/functions#function-privileges
    """
    privileges = context.privileges
    served = {*context.live.exposed, "public"} & {*privileges.exposed}
    called = {reference.key for one in context.analysis.policies for reference in one.policy.reads}
    called |= {trigger.function for trigger in context.live.triggers}
    for function in context.live.functions:
        if function.schema not in served or function.is_trigger or function.kind not in ("function", "procedure"):
            continue
        if function.key in called or any(_calls(one, function) for one in context.live.functions if one != function):
            continue
        holders = {function.owner, *(grant.grantee for grant in function.grants if grant.privilege == "EXECUTE")}
        if not any(privileges.inherited(role) & holders for role in privileges.api_roles):
            yield Found(
                str(function),
                f'{names(privileges.api_roles)} may not EXECUTE "{function}", so that rpc() of it is refused',
                "",
            )


def _calls(caller: Function, function: Function) -> bool:
    return any(one.key == function.key for one in caller.reads) or f"{function.name}(" in caller.body
