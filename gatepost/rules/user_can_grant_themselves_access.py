"""The rule `user-can-grant-themselves-access`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.analysis.auth_hooks import hooked
from gatepost.analysis.context import Context
from gatepost.analysis.policies import OWNER_NAMES
from gatepost.analysis.trusted_tables import Trust, forged_by, trusted
from gatepost.name_hints import name_parts
from gatepost.rules._registry import Found, rule
from gatepost.rules._wording import names


@rule(severity="error")
def user_can_grant_themselves_access(context: Context) -> Iterator[Found]:
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
    signed_in = [role for role in context.privileges.api_roles if role == "authenticated"]
    for trust in (*trusted(context), *_hooks(context)):
        for role in trust.policy.roles if trust.policy is not None else signed_in:
            command = forged_by(context, trust, role) if role != "anon" else None
            if command is None or trust.table.key in told or _follows(trust):
                continue
            told.add(trust.table.key)
            yield Found(
                str(trust.table),
                f"a user can {_done(trust, command)}, which is what {_who(trust)} trusts",
                "let the backend write it, or grant only the columns that decide nothing",
            )


def _hooks(context: Context) -> Iterator[Trust]:
    """Yield what the hooks that write a user's claims trust."""
    people = {("auth", "users"), *context.analysis.people}
    for _, table, named in hooked(context.bodies):
        subject = {
            c.columns[0]
            for c in table.constraints
            if c.references and c.references[:2] in people and len(c.columns) == 1
        } | (named & OWNER_NAMES)
        keys = {name for c in table.constraints if c.kind == "primary key" for name in c.columns}
        demands = tuple((name, ("admin",)) for name in sorted(named - subject - keys))
        if subject and demands:
            yield Trust(None, table, frozenset(subject), frozenset(), demands)


def _follows(trust: Trust) -> bool:
    """Tell whether the row says that somebody follows somebody: what followers see is open to whoever wants it."""
    return not trust.demands and bool(name_parts(trust.table.name) & {"follow", "follower", "following"})


def _who(trust: Trust) -> str:
    if trust.policy is None:
        return "the hook that writes the claims of tokens"
    return f'the policy "{trust.policy.policy.name}" on "{trust.policy.table}"'


def _done(trust: Trust, command: str) -> str:
    columns = sorted({name for name, _ in trust.demands} or trust.links)
    if command == "insert":
        told = f" with any {names(columns)}" if columns else ""
        return f'add a row about themselves to "{trust.table}"{told}'
    return f'set {names(columns)} of their own row in "{trust.table}"'
