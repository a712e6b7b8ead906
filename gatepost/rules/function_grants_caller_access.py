"""The rule `function-grants-caller-access`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gatepost.analysis.context import Context
from gatepost.analysis.functions.column_writes import Filled, filled
from gatepost.analysis.functions.security_definer import callers, takes_a_secret
from gatepost.analysis.trusted_tables import Trust, trusted
from gatepost.name_hints import name_parts, word_list
from gatepost.rules._registry import Found, rule
from gatepost.rules._wording import names
from gatepost.schema import Command, Function, Table, Trigger, is_platform
from gatepost.sql import Token, comment, tokens

_WRITES = re.compile(r"insert|update", re.IGNORECASE)
_LOOK_UPS = frozenset("select exists perform where raise using".split())


@rule(severity="error", decided_by="witness")
def function_grants_caller_access(context: Context) -> Iterator[Found]:
    """A SECURITY DEFINER function or trigger gives its caller a row, or a value of their row, that policies trust.

    A function that looks something up before it writes, such as an invitation, is not reported. Neither is a trigger
    that makes somebody a member of the row that was just added.

    ## Why is this bad?
    The table's policies refuse the row, but the function bypasses them. Anyone who calls it, or adds the row that fires
    it, joins any organisation or takes any role that those policies check.

    ## Example
    ```sql
    CREATE TABLE public.member (team_id bigint, user_id uuid, PRIMARY KEY (team_id, user_id));
    CREATE TABLE public.plan (id bigint PRIMARY KEY, team_id bigint, body text);
    ALTER TABLE public.member ENABLE ROW LEVEL SECURITY;
    ALTER TABLE public.plan ENABLE ROW LEVEL SECURITY;
    GRANT SELECT ON public.plan, public.member TO authenticated;
    CREATE POLICY own ON public.member FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
    CREATE POLICY read ON public.plan FOR SELECT TO authenticated USING (
        EXISTS (SELECT 1 FROM public.member m WHERE m.team_id = plan.team_id AND m.user_id = (SELECT auth.uid())));
    CREATE FUNCTION public.join_team(team bigint) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = ''
        AS $$ INSERT INTO public.member (team_id, user_id) VALUES (team, auth.uid()) $$;
    ```

    ## Use instead
    ```sql
    CREATE TABLE public.invitation (team_id bigint, email text, PRIMARY KEY (team_id, email));
    ALTER TABLE public.invitation ENABLE ROW LEVEL SECURITY;
    CREATE OR REPLACE FUNCTION public.join_team(team bigint) RETURNS void
        LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
            INSERT INTO public.member (team_id, user_id)
            SELECT i.team_id, auth.uid() FROM public.invitation i WHERE i.team_id = team AND i.email = auth.email() $$;
    ```

    ## References
    - https://www.postgresql.org/docs/17/sql-createfunction.html#SQL-CREATEFUNCTION-SECURITY
    """
    trusts: dict[tuple[str, str], list[Trust]] = {}
    for function in context.live.functions:
        if not function.definer or is_platform(function.schema) or function.language not in ("sql", "plpgsql"):
            continue
        if not _WRITES.search(function.body):
            continue
        trusts = trusts or _trusts(context)
        found = next(_made(function, context, trusts), None)
        if found is not None:
            trust, caller, columns = found
            what = (
                f'set {names(columns)} in "{trust.table}" to what they choose'
                if columns
                else f'add themselves to "{trust.table}", for any value they choose'
            )
            yield Found(
                str(function),
                f'{caller} can use "{function}" to {what}. The policy'
                f' "{trust.policy.policy.name if trust.policy else ""}" trusts that table',
                comment(f"in {function}: check that they may, before writing the row"),
            )


def _trusts(context: Context) -> dict[tuple[str, str], list[Trust]]:
    found: dict[tuple[str, str], list[Trust]] = {}
    for trust in trusted(context):
        if not name_parts(trust.table.name) & word_list("self_service_tables"):
            found.setdefault(trust.table.key, []).append(trust)
    return found


def _made(
    function: Function, context: Context, trusts: dict[tuple[str, str], list[Trust]]
) -> Iterator[tuple[Trust, str, list[str]]]:
    """Yield what a function lets its caller write: what trusts it, who calls, and the columns that an UPDATE sets."""
    doors = _doors(function, context)
    for one in filled(function, context) if doors else ():
        if not context.privileges.bypasses(function.owner, one.table):
            continue
        for trust in trusts.get(one.table.key, ()):
            for door, caller in doors:
                if one.command == "insert" and _gives(function, one, trust, door, context):
                    yield trust, caller, []
                columns = _set(function, one, trust, door, context) if one.command == "update" else []
                if columns:
                    yield trust, caller, columns


def _doors(function: Function, context: Context) -> list[tuple[Table | None, str]]:
    """Return the ways in which a signed-in user runs a function: a call, or a row of a table with a trigger."""
    if not function.is_trigger:
        held = "authenticated" in callers(function, context)
        return [(None, "any caller")] if held and not takes_a_secret(function) else []
    fired = (t for t in context.live.triggers if t.function == function.key and t.enabled != "D")
    found: list[tuple[Table | None, str]] = []
    for trigger in fired:
        table = context.live.table(trigger.schema, trigger.table)
        if table is not None and not is_platform(table.schema) and _fires(trigger, table, context):
            found.append((table, f'anyone who writes a row of "{table}"'))
    return found


def _fires(trigger: Trigger, table: Table, context: Context) -> bool:
    return any(
        context.privileges.writes("authenticated", table, command)
        for command in ("insert", "update")
        if command in {event.lower() for event in trigger.events}
    )


def _gives(function: Function, one: Filled, trust: Trust, door: Table | None, context: Context) -> bool:
    """Return whether a function writes the row that grants its caller access, for the value the caller chooses."""
    if not trust.subject & set(one.values) or _looks_up(function, door, context):
        return False
    keys = {name for c in one.table.constraints if c.kind == "primary key" for name in c.columns}
    scopes = trust.links or ((keys - trust.subject) & set(one.values) if keys & trust.subject else frozenset())
    links = [one.values.get(column, ()) for column in scopes]
    chosen = [_chosen(value, function, door, context) for value in links]
    if links and not any(chosen):
        return False
    if not all(
        taken or (len(value) == 1 and value[0].kind == "literal") for taken, value in zip(chosen, links, strict=True)
    ):
        return False
    for column, values in trust.demands:
        value = one.values.get(column)
        if value is None:
            default = one.table.column(column)
            if default is None or not any(str(value) in (default.default or "") for value in values):
                return False
        elif not _chosen(value, function, door, context) and not _is_one_of(value, values):
            return False
    return True


def _set(function: Function, one: Filled, trust: Trust, door: Table | None, context: Context) -> list[str]:
    """Return the columns of the user's row that policies trust and that an UPDATE sets to what its caller chooses."""
    free = word_list("own_choice_columns") | (word_list("acceptance_columns") if trust.links else frozenset())
    demands = {column: values for column, values in trust.demands if column in one.values and column not in free}
    columns = [*demands, *(sorted(trust.links & set(one.values)))]
    if not columns or _looks_up(function, door, context, but={"where"}) or not _of_the_caller(function, trust):
        return []
    if not any(_chosen(one.values[column], function, door, context) for column in columns):
        return []
    given = all(_chosen(one.values[column], function, door, context) for column in columns if column not in demands)
    wanted = all(
        _chosen(one.values[column], function, door, context) or _is_one_of(one.values[column], values)
        for column, values in demands.items()
    )
    return columns if given and wanted else []


def _of_the_caller(function: Function, trust: Trust) -> bool:
    """Return whether an UPDATE picks rows by nothing but who calls, and by arguments."""
    pieces = [token for token in tokens(function.body) if token.kind not in ("space", "comment")]
    allowed = (
        trust.subject | trust.links | set(function.parameters) | {"auth", "uid", "select", "and", "as", "new", "id"}
    )
    where = False
    for at, piece in enumerate(pieces):
        name = (piece.name or "").lower()
        where = (where or name == "where") and piece.text != ";"
        named = bool(name) and name not in ("where", "end", "returning")
        qualifies = at + 1 < len(pieces) and pieces[at + 1].text == "."
        if where and named and not qualifies and name not in allowed:
            return False
    return True


def _is_one_of(value: tuple[Token, ...], values: tuple[object, ...]) -> bool:
    text = value[0].text.strip("'").lower() if value else ""
    return text in {str(one).lower() for one in values}


def _chosen(value: tuple[Token, ...], function: Function, door: Table | None, context: Context) -> bool:
    """Return whether the caller chooses a value: by an argument, or by a column of the row that fires the trigger."""
    names = [token.name for token in value]
    if door is None:
        return any(name in function.parameters for name in names if name) or any(t.text == "$" for t in value)
    if len(value) < 3 or names[0] != "new":
        return False
    column = names[2] or ""
    keys = {name for c in door.constraints if c.kind in ("primary key", "unique") for name in c.columns}
    return column not in keys and _free(door, column, context)


def _free(table: Table, column: str, context: Context) -> bool:
    """Return whether a signed-in user can give a column any value, by some way of writing the table."""
    if not table.row_security.enabled:
        return True
    ownership = context.ownership
    commands: tuple[Command, ...] = ("insert", "update")
    policies = [
        one
        for one in context.analysis.by_table.get(table.key, ())
        if any(c in one.commands and "authenticated" in one.callers[c] for c in commands)
    ]
    tied = [ownership.columns_tied(one.new, table, "authenticated") for one in policies if one.policy.permissive]
    strict = [ownership.columns_tied(one.new, table, "authenticated") for one in policies if not one.policy.permissive]
    held = any(
        context.privileges.reaches("authenticated", table, privilege, [column]) for privilege in ("INSERT", "UPDATE")
    )
    return held and any(column not in one and "*" not in one for one in tied) and not any(column in s for s in strict)


def _looks_up(
    function: Function, door: Table | None, context: Context, but: frozenset[str] | set[str] = frozenset()
) -> bool:
    """Return whether a body checks anything besides who is calling: a table of invitations, a helper, a setting."""
    pieces = [t for t in tokens(function.body) if t.kind not in ("space", "comment")]
    code = _without_null_check(pieces)
    words = [token.name or "" for token in code if token.name not in but]
    if any(word in _LOOK_UPS for word in words if word not in ("raise", "using")) and not _only_conflict(words):
        return True
    if any(not is_platform(schema) for schema, _ in context.bodies.alone(function).calls):
        return True
    return "if" in words and not _only_new(code, door, context)


def _only_conflict(names: list[str]) -> bool:
    """Return whether the only SELECT is the one around auth.uid()."""
    for at, word in enumerate(names):
        if word in _LOOK_UPS - {"raise", "using", "select"}:
            return False
        if word == "select" and names[at + 1 : at + 2] not in (["auth"], ["new"]):
            return False
    return True


def _without_null_check(pieces: list[Token]) -> list[Token]:
    """Return a body without the refusal of those who are not signed in."""
    text = [token.text.lower() for token in pieces]
    at = 0
    found: list[Token] = []
    while at < len(pieces):
        if text[at] == "if" and (not at or text[at - 1] != "end") and "then" in text[at:]:
            then = at + text[at:].index("then")
            condition = [t for t in text[at + 1 : then] if t not in "()"]
            rest = text[then:]
            if condition[:3] == ["auth", ".", "uid"] and condition[-2:] == ["is", "null"] and "end" in rest:
                at = then + rest.index("end") + 2
                continue
        found.append(pieces[at])
        at += 1
    return found


def _only_new(pieces: list[Token], door: Table | None, context: Context) -> bool:
    """Return whether every IF checks only the written row, and columns that its author chooses."""
    text = [token.text.lower() for token in pieces]
    for at, word in enumerate(text):
        if word not in ("if", "elsif") or (at and text[at - 1] == "end") or "then" not in text[at:]:
            continue
        if door is None:
            return False
        inside = pieces[at + 1 : at + text[at:].index("then")]
        for place, token in enumerate(inside):
            of_row = place > 1 and inside[place - 1].text == "." and inside[place - 2].name in ("new", "old")
            if of_row and not _free(door, token.name or "", context):
                return False
    return True
