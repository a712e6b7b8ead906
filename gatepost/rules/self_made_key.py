"""The rule `self-made-key`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.access.conditions.trust import Trust, forged_by, trusted
from gatepost.finding import Finding
from gatepost.rules.context import Context
from gatepost.rules.discovery import rule
from gatepost.rules.wording import names


@rule(severity="error")
def self_made_key(context: Context) -> Iterator[Finding]:
    """Users can write the row that decides what they may do.

    ## Why is this bad?
    A policy looks a user up in a table of roles, members or profiles, and the user can add or change exactly that
    row: everybody makes themselves an administrator, or a member of any organisation.

    ## Example
    ```sql
    CREATE TABLE public.profile (id uuid PRIMARY KEY, name text, is_admin boolean NOT NULL DEFAULT false);
    CREATE TABLE public.report (id bigint PRIMARY KEY, body text);
    ALTER TABLE public.profile ENABLE ROW LEVEL SECURITY;
    ALTER TABLE public.report ENABLE ROW LEVEL SECURITY;
    GRANT SELECT, UPDATE ON public.profile TO authenticated;
    GRANT SELECT ON public.report TO authenticated;
    CREATE POLICY own ON public.profile FOR SELECT TO authenticated USING ((SELECT auth.uid()) = id);
    CREATE POLICY edit ON public.profile FOR UPDATE TO authenticated USING ((SELECT auth.uid()) = id);
    CREATE POLICY admins ON public.report FOR SELECT TO authenticated USING (
        EXISTS (SELECT 1 FROM public.profile p WHERE p.id = (SELECT auth.uid()) AND p.is_admin));
    ```

    ## Use instead
    ```sql
    REVOKE UPDATE ON public.profile FROM authenticated;
    GRANT UPDATE (name) ON public.profile TO authenticated;
    ```

    ## References
    - https://www.postgresql.org/docs/17/sql-grant.html
    """
    told = set()
    for trust in trusted(context.analysis):
        for role in trust.policy.roles:
            command = forged_by(context.analysis, trust, role) if role != "anon" else None
            if command is None or trust.table.key in told:
                continue
            told.add(trust.table.key)
            yield Finding(
                "self-made-key",
                "error",
                str(trust.table),
                f"a user can {_done(trust, command)}, which is what the policy"
                f' "{trust.policy.policy.name}" on "{trust.policy.table}" trusts',
                "let the backend write it, or grant only the columns that decide nothing",
            )


def _done(trust: Trust, command: str) -> str:
    columns = sorted({name for name, _ in trust.demands} or trust.links)
    if command == "insert":
        told = f" with any {names(columns)}" if columns else ""
        return f'add a row about themselves to "{trust.table}"{told}'
    return f'set {names(columns)} of their own row in "{trust.table}"'
