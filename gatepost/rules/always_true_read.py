"""The rule `always-true-read`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.analysis.context import Context
from gatepost.analysis.loose_conditions import shape
from gatepost.analysis.policy_questions import Access, judged, loose_roles, read_severity, restricted, who
from gatepost.analysis.ways.read_on_purpose import said_purpose
from gatepost.rules._fixes import tied_to_owner
from gatepost.rules._registry import Found, rule


@rule(severity="error", decided_by="trial")
def always_true_read(context: Context) -> Iterator[Found]:
    """A policy shows every row of a table that looks private.

    ## Why is this bad?
    Everyone with the role can read everyone's rows. If that is intended, declare it with `allow("select", …)`. It is
    not a finding then. A warning where something says that signed-in users read all rows on purpose: the policy is
    named a directory, or everybody answers the rows in another table and their owner reads the answers.

    ## Example
    ```sql
    CREATE TABLE public.invoice (id bigint PRIMARY KEY, user_id uuid NOT NULL, amount numeric);
    ALTER TABLE public.invoice ENABLE ROW LEVEL SECURITY;
    GRANT SELECT ON public.invoice TO anon;
    CREATE POLICY read ON public.invoice FOR SELECT TO anon USING (true);
    ```

    ## Use instead
    ```sql
    REVOKE ALL ON public.invoice FROM anon;
    GRANT SELECT ON public.invoice TO authenticated;
    ALTER POLICY read ON public.invoice TO authenticated USING ((SELECT auth.uid()) = user_id);
    ```

    ## References
    - https://supabase.com/docs/guides/database/postgres/row-level-security
    """
    analysis = context.analysis
    for one in judged(context):
        for role in loose_roles(context, one, "select"):
            if restricted(context, one.table, role, "select"):
                continue
            found = shape(one.old, analysis.truth(one.table, role), context.ownership)
            severity = read_severity(context, one.table, role) if found == "plain" else None
            if severity is not None:
                purpose = said_purpose(context.live, one.table) if severity == "error" else ""
                opened = f'{who(role)} can read every row of "{one.table}" through the policy "{one.policy.name}"'
                yield Found(
                    str(one.policy),
                    f"{opened}. {purpose}: decide whether it is for them" if purpose else opened,
                    tied_to_owner(context, one),
                    severity="warning" if purpose else severity,
                    access=Access(one, "select", role),
                )
                break
