"""The rule `user-can-grant-themselves-access`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.analysis.auth_hooks import hooked
from gatepost.analysis.context import Context
from gatepost.analysis.trusted_tables import Trust, forged_by, trusted
from gatepost.name_hints import name_parts, word_list
from gatepost.rules._registry import Found, rule
from gatepost.rules._wording import names


@rule(severity="error", decided_by="witness")
def user_can_grant_themselves_access(context: Context) -> Iterator[Found]:
    """Users can write the row that decides what they may do.

    ## Why is this bad?
    A policy looks up the user in a table of roles, members or profiles, and users can add or change their own row
    there. Anyone can become an administrator, or a member of any organisation.

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
    seen = set()
    signed_in = [role for role in context.privileges.api_roles if role == "authenticated"]
    for trust in (*trusted(context), *_hooks(context)):
        for role in trust.policy.roles if trust.policy is not None else signed_in:
            command = forged_by(context, trust, role) if role != "anon" else None
            if command is None or trust.table.key in seen or _follows(trust):
                continue
            seen.add(trust.table.key)
            yield Found(
                str(trust.table),
                f"a user can {_action(trust, command)}, which {_trusting(trust)} trusts",
                "let only the backend write it, or grant only the columns that decide nothing",
            )


def _hooks(context: Context) -> Iterator[Trust]:
    """Yield what the hooks that write a user's token claims trust."""
    people = {("auth", "users"), *context.analysis.people}
    for _, table, named in hooked(context.bodies):
        subject = {
            c.columns[0]
            for c in table.constraints
            if c.references and c.references[:2] in people and len(c.columns) == 1
        } | (named & word_list("owner_columns"))
        keys = {name for c in table.constraints if c.kind == "primary key" for name in c.columns}
        demands = tuple((name, ("admin",)) for name in sorted(named - subject - keys))
        if subject and demands:
            yield Trust(None, table, frozenset(subject), frozenset(), demands)


def _follows(trust: Trust) -> bool:
    """Return whether the row says that one user follows another. What followers see is open to everyone who follows."""
    return not trust.demands and bool(name_parts(trust.table.name) & word_list("follow_tables"))


def _trusting(trust: Trust) -> str:
    if trust.policy is None:
        return "the hook that writes token claims"
    return f'the policy "{trust.policy.policy.name}" on "{trust.policy.table}"'


def _action(trust: Trust, command: str) -> str:
    columns = sorted({name for name, _ in trust.demands} or trust.links)
    if command == "insert":
        values = f" with any {names(columns)}" if columns else ""
        return f'add a row about themselves to "{trust.table}"{values}'
    return f'set {names(columns)} of their own row in "{trust.table}"'
