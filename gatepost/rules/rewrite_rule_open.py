"""The rule `rewrite-rule-open`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gatepost import sql
from gatepost.analysis.context import Context
from gatepost.rules._registry import Found, rule
from gatepost.rules._wording import names
from gatepost.schema import RewriteRule, Table, View

_ACTION = re.compile(r"\bDO\s+(?:ALSO|INSTEAD)?\s*\(?\s*(INSERT|UPDATE|DELETE|SELECT)?", re.IGNORECASE)


@rule(severity="warning", decided_by="catalog")
def rewrite_rule_open(context: Context) -> Iterator[Found]:
    """A rewrite rule lets an API role access another table as the owner of the first.

    Information where the rule only adds rows to a table that no policy trusts, as a log does.

    ## Why is this bad?
    PostgreSQL checks the statements of a rewrite rule for the owner of the table that has the rule, not for the caller.
    On the platform that owner bypasses the policies of the other table.

    ## Example
    ```sql
    CREATE TABLE public.note (id int PRIMARY KEY, owner uuid);
    CREATE TABLE public.balance (id int PRIMARY KEY, amount int);
    ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
    ALTER TABLE public.balance ENABLE ROW LEVEL SECURITY;
    GRANT INSERT ON public.note TO authenticated;
    CREATE RULE paid AS ON INSERT TO public.note DO ALSO UPDATE public.balance SET amount = 0 WHERE id = new.id;
    ```

    ## Use instead
    ```sql
    DROP RULE paid ON public.note;
    ```

    ## References
    - https://www.postgresql.org/docs/17/rules-privileges.html
    """
    for found in context.live.rewrite_rules:
        relation = context.live.table(found.schema, found.table) or context.live.view(found.schema, found.table)
        if relation is None or relation.extension is not None or found.enabled == "D":
            continue
        roles = context.privileges.who(relation, found.event.upper())
        action = _ACTION.search(found.definition)
        if not roles or action is None or not action[1]:
            continue
        tables = [table for table in _others(found, context) if _opens(relation, roles, table, context)]
        if tables:
            adds = action[1].upper() == "INSERT" and not any(t.key in context.trusted_tables for t in tables)
            yield Found(
                str(found),
                f'{names(roles)} can access {names(str(table) for table in tables)} as "{relation.owner}" through'
                " the rule"
                f' "{found.name}", by an {found.event.upper()} on "{relation}"',
                f"DROP RULE {sql.identifier(found.name)} ON {sql.qualified(found.schema, found.table)};",
                severity="info" if adds else "warning",
            )


def _others(found: RewriteRule, context: Context) -> list[Table]:
    tables = (context.live.table(*r.key) for r in found.reads if r.kind == "relation")
    return [table for table in tables if table is not None and table.key != (found.schema, found.table)]


def _opens(relation: Table | View, roles: tuple[str, ...], table: Table, context: Context) -> bool:
    past = context.privileges.bypasses(relation.owner, table)
    return past and any(not context.privileges.sees_all(role, table) for role in roles)
