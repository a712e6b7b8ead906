"""The rule `check-weaker-than-using`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.analysis.context import Context
from gatepost.analysis.policy_questions import callers, judged
from gatepost.rules._fixes import altered
from gatepost.rules._registry import Found, rule
from gatepost.schema import Table, is_platform


@rule(severity="error", decided_by="witness")
def check_weaker_than_using(context: Context) -> Iterator[Found]:
    """An update can give a row values that the policy's USING would not accept.

    ## Why is this bad?
    USING decides which rows can be changed, WITH CHECK what they may become. If WITH CHECK is weaker, users can move
    their rows to somebody else, or into an organisation they do not belong to.

    ## Example
    ```sql
    CREATE TABLE public.note (id bigint PRIMARY KEY, user_id uuid NOT NULL, body text);
    ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
    GRANT SELECT, UPDATE ON public.note TO authenticated;
    CREATE POLICY own ON public.note FOR SELECT TO authenticated USING ((SELECT auth.uid()) = user_id);
    CREATE POLICY edit ON public.note FOR UPDATE TO authenticated
        USING ((SELECT auth.uid()) = user_id) WITH CHECK (true);
    ```

    ## Use instead
    ```sql
    ALTER POLICY edit ON public.note WITH CHECK ((SELECT auth.uid()) = user_id);
    ```

    ## References
    - https://www.postgresql.org/docs/17/sql-createpolicy.html
    """
    ownership = context.ownership
    for one in judged(context):
        if "update" not in one.commands or one.check is None or one.using is None:
            continue
        for role in callers(one, "update"):
            before, after = (
                ownership.columns_tied(one.old, one.table, role),
                ownership.columns_tied(one.new, one.table, role),
            )
            lost = sorted(c for c in before - after if _movable(context, one.table, role, c))
            if "*" in before | after or not lost:
                continue
            yield Found(
                str(one.policy),
                f'whoever can change a row of "{one.table}" can give it any "{lost[0]}": the WITH CHECK of'
                f' "{one.policy.name}" does not check it, although its USING does',
                altered(one.policy, check=one.policy.using or ""),
                severity="warning" if after else "error",
            )
            break


def _movable(context: Context, table: Table, role: str, column: str) -> bool:
    keys = {name for c in table.constraints if c.kind == "primary key" for name in c.columns}
    by_service = is_platform(table.schema) and column in ("owner", "owner_id")  # storage writes them itself
    return (
        column not in keys
        and not by_service
        and context.privileges.holds(role, table, "UPDATE", [column])
        and not context.analysis.set_by_trigger(table, column, "update")
    )
