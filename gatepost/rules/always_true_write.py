"""The rule `always-true-write`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.analysis import PolicyFacts
from gatepost.analysis.context import Context
from gatepost.analysis.loose_conditions import shape
from gatepost.analysis.policy_questions import Access, decisive, loosest, restricted, who
from gatepost.finding import Severity
from gatepost.rules._fixes import tied_to_owner
from gatepost.rules._registry import Found, rule
from gatepost.schema import Command

_ACTIONS: dict[Command, str] = {"insert": "add rows to", "update": "change rows of", "delete": "delete rows of"}


@rule(severity="error", decided_by="trial")
def always_true_write(context: Context) -> Iterator[Found]:
    """A policy lets callers change or delete rows that it does not tie to them.

    ## Why is this bad?
    Anyone with the project's public key, or with an account that anyone can create, can change or delete every such
    row, no matter who owns it.

    ## Example
    ```sql
    CREATE TABLE public.note (id bigint PRIMARY KEY, user_id uuid NOT NULL, body text);
    ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
    GRANT SELECT, UPDATE ON public.note TO authenticated;
    CREATE POLICY own ON public.note FOR SELECT TO authenticated USING ((SELECT auth.uid()) = user_id);
    CREATE POLICY edit ON public.note FOR UPDATE TO authenticated USING (true);
    ```

    ## Use instead
    ```sql
    ALTER POLICY edit ON public.note USING ((SELECT auth.uid()) = user_id);
    ```

    ## References
    - https://supabase.com/docs/guides/database/postgres/row-level-security
    """
    for one in decisive(context):
        if not one.policy.permissive:
            continue
        # A declared hole is still a hole. Only adding rows that belong to nobody may be what the declaration intends.
        declared = context.is_declared(one.policy)
        commands: tuple[Command, ...] = ("update", "delete") if declared else ("update", "delete", "insert")
        for command in commands:
            role = loosest(context, one, command)
            if role is None or restricted(context, one.table, role, command):
                continue
            severity = _severity(context, one, command, role)
            if severity is not None:
                message = f'{who(role)} can {_ACTIONS[command]} "{one.table}" through the policy "{one.policy.name}"'
                yield Found(
                    str(one.policy),
                    message + ("" if command == "insert" else ", no matter who owns them"),
                    _fix_declaration(context, one, command) if declared else tied_to_owner(context, one),
                    severity=severity,
                    access=Access(one, command, role),
                )
                break


def _fix_declaration(context: Context, one: PolicyFacts, command: Command) -> str:
    return (
        f'owner(…, "{command}")  # or allow("{command}", …, where=…) with whose rows; at {context.place(one.table.key)}'
    )


def _severity(context: Context, one: PolicyFacts, command: Command, role: str) -> Severity | None:
    """Return how bad it is, or None where another rule reports it better."""
    analysis, table = context.analysis, one.table
    found = shape(one.condition(command), analysis.truth(table, role), context.ownership)
    owned = bool(analysis.owner_columns(table))
    if found in ("always true", "session", "everybody"):
        return None
    if command != "insert":
        return "error" if owned or role == "anon" else "warning"
    if owned:
        return None  # insert-without-owner-check
    parents = any(c.kind == "foreign key" for c in table.constraints)
    return "info" if found == "row" or not parents or role == "anon" else "warning"
