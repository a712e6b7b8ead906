"""The rule `multiple-permissive-policies`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from gatepost.analysis import PolicyFacts
from gatepost.analysis.context import Context
from gatepost.analysis.policy_questions import decisive, size
from gatepost.rules._registry import Found, rule
from gatepost.rules._wording import names
from gatepost.schema import Command

_STATEMENTS: dict[Command, str] = {
    "select": "a SELECT",
    "insert": "an INSERT",
    "update": "an UPDATE",
    "delete": "a DELETE",
}
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@rule(severity="warning", decided_by="style")
def multiple_permissive_policies(context: Context) -> Iterator[Found]:
    """One role has several permissive policies for one command.

    ## Why is this bad?
    PostgreSQL checks each row against each of them until one passes, and an OR over different columns uses no index.
    One policy with the whole condition is also easier to read. The finding is a warning on a large table and
    information on others.

    ## Example
    ```sql
    CREATE TABLE public.note (id bigint PRIMARY KEY, user_id uuid NOT NULL, published boolean NOT NULL);
    ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
    GRANT SELECT ON public.note TO authenticated;
    CREATE POLICY own ON public.note FOR SELECT TO authenticated USING ((SELECT auth.uid()) = user_id);
    CREATE POLICY shown ON public.note FOR SELECT TO authenticated USING (published);
    ```

    ## Use instead
    ```sql
    DROP POLICY shown ON public.note;
    ALTER POLICY own ON public.note USING (published OR (SELECT auth.uid()) = user_id);
    ```

    ## References
    - https://supabase.com/docs/guides/database/postgres/row-level-security-performance
    """
    by_table: dict[tuple[str, str], dict[tuple[str, Command], list[PolicyFacts]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for one in decisive(context):
        for command in one.commands if one.policy.permissive else ():
            for role in one.callers[command]:
                by_table[one.table.key][role, command].append(one)
    for pairs in by_table.values():
        several = next((pair for pair, policies in sorted(pairs.items()) if len(policies) > 1), None)
        if several is not None:
            (role, command), policies = several, pairs[several]
            table = policies[0].table
            yield Found(
                str(table),
                f'For "{role}", each row of {_STATEMENTS[command]} on "{table}" is checked by {_count(len(policies))}'
                f" permissive policies, {names(one.policy.name for one in policies)}",
                "write one policy with the whole condition",
                severity=size(table),
            )


def _count(number: int) -> str:
    return _NUMBERS[number] if number < len(_NUMBERS) else str(number)
