"""The rule `user-id-may-be-no-uuid`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.analysis import PolicyFacts
from gatepost.analysis.conditions.terms import Column, Compare, Session, unwrapped
from gatepost.analysis.context import Context
from gatepost.analysis.policy_questions import judged
from gatepost.rules._registry import Found, rule
from gatepost.schema import is_platform

_TEXTS = ("text", "character varying")
_KEYS = ("primary key", "unique", "foreign key")


@rule(severity="info", decided_by="style")
def user_id_may_be_no_uuid(context: Context) -> Iterator[Found]:
    """A policy compares auth.uid() with a text column that refers to no table of users.

    ## Why is this bad?
    Where another service signs users in (Clerk, Auth0, Firebase), the `sub` of a token is no UUID, and `auth.uid()`
    ends every statement with "invalid input syntax for type uuid". With Supabase's own accounts nothing is wrong.

    ## Example
    ```sql
    CREATE TABLE public.note (id bigint PRIMARY KEY, user_id text NOT NULL, body text);
    ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
    GRANT SELECT ON public.note TO authenticated;
    CREATE POLICY own ON public.note FOR SELECT TO authenticated USING ((SELECT auth.uid())::text = user_id);
    ```

    ## Use instead
    ```sql
    ALTER POLICY own ON public.note USING ((SELECT auth.jwt() ->> 'sub') = user_id);
    ```

    ## References
    - https://supabase.com/docs/guides/auth/third-party/overview
    """
    for one in judged(context):
        column = _compared(one) if not is_platform(one.table.schema) else None
        if column is not None and one.roles:
            yield Found(
                str(one.policy),
                f'the policy "{one.policy.name}" compares auth.uid() with "{column}" of "{one.table}": a token whose'
                " sub is no UUID, as other sign-in services give, ends the statement in an error",
                "where they sign users in, compare (SELECT auth.jwt() ->> 'sub')",
            )


def _compared(one: PolicyFacts) -> str | None:
    """Return a text column that auth.uid() is compared with, and that is no key."""
    if not any("auth.uid()" in text for text in (one.policy.using, one.policy.check) if text):
        return None  # auth.jwt() ->> 'sub' is the same value, and takes any text
    keys = {name for found in one.table.constraints if found.kind in _KEYS for name in found.columns}
    for term in one.terms:
        for part in term.all_of_type(Compare):
            sides = (unwrapped(part.left), unwrapped(part.right))
            for column, other in (sides, sides[::-1]):
                if isinstance(column, Column) and column.source == "" and other == Session("uid"):
                    found = one.table.column(column.name)
                    if found is not None and found.type in _TEXTS and column.name not in keys:
                        return column.name
    return None
