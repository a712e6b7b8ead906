"""The rule `writable-definer-view`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.analysis.context import Context
from gatepost.analysis.views.exposed_rows import Shown, filtered, tables_below
from gatepost.rules._fixes import revoked
from gatepost.rules._registry import Found, rule
from gatepost.rules._wording import joined, names
from gatepost.schema import Command, View

_WRITES: tuple[Command, ...] = ("insert", "update", "delete")


@rule(severity="error", decided_by="catalog")
def writable_definer_view(context: Context) -> Iterator[Found]:
    """An API role can write through a view what row security would refuse.

    A view that filters by the signed-in user and has a check option is not reported. A view with INSTEAD OF triggers
    writes only what its triggers write.

    ## Why is this bad?
    PostgreSQL passes an INSERT, UPDATE or DELETE on a simple view to its table, as the view's owner. Before 2026 every
    new view came with these privileges for `anon`.

    ## Example
    ```sql
    CREATE TABLE public.note (id int PRIMARY KEY, owner uuid, body text);
    ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
    CREATE VIEW public.notes AS SELECT id, body FROM public.note;
    GRANT DELETE ON public.notes TO authenticated;
    ```

    ## Use instead
    ```sql
    REVOKE INSERT, UPDATE, DELETE ON public.notes FROM anon, authenticated;
    ```

    ## References
    - https://www.postgresql.org/docs/17/sql-createview.html#SQL-CREATEVIEW-UPDATABLE-VIEWS
    """
    replaced = {
        (trigger.schema, trigger.table, event)
        for trigger in context.live.triggers
        if trigger.timing == "instead of"
        for event in trigger.events
    }
    for view in context.live.views:
        if view.invoker or not view.updatable or view.extension is not None:
            continue
        found: dict[tuple[Command, ...], tuple[Shown, list[str]]] = {}
        open_to = [c for c in _WRITES if c in view.updatable and (*view.key, c) not in replaced]
        for role in context.privileges.who(view, *(command.upper() for command in open_to)):
            held = [command for command in open_to if context.privileges.reaches(role, view, command.upper())]
            for shown in _written(view, role, context):
                commands = tuple(c for c in held if _beyond(c, role, shown, view, context))
                if commands:
                    found.setdefault(commands, (shown, []))[1].append(role)
        for commands, (shown, roles) in found.items():
            yield _finding(view, commands, shown, roles)


def _written(view: View, role: str, context: Context) -> Iterator[Shown]:
    from gatepost.analysis.views.query_text import written_tables

    for shown in tables_below(view, role, context):
        below = [inner.key for inner in shown.via[1:]] + [shown.table.key]
        if all(b in written_tables(v.definition) for v, b in zip(shown.via, below, strict=True)):
            yield shown


def _beyond(command: Command, role: str, shown: Shown, view: View, context: Context) -> bool:
    """Return whether the command can write rows through the view that the role could not write in the table."""
    privileges = context.privileges
    owner = shown.reader
    if owner == role or not privileges.bypasses(owner, shown.table):
        return False
    if not privileges.holds(owner, shown.table, command.upper()):
        return False
    direct = privileges.reaches(role, shown.table, command.upper())
    if direct and (privileges.bypasses(role, shown.table) or _unlimited(command, role, shown, context)):
        return False
    return not (filtered(shown, context) and (command == "delete" or view.check_option))


def _unlimited(command: Command, role: str, shown: Shown, context: Context) -> bool:
    policies = context.privileges.policies(role, shown.table, command)
    return all(p.permissive for p in policies) and any("true" in (p.using, p.check) for p in policies)


def _finding(view: View, commands: tuple[Command, ...], shown: Shown, roles: list[str]) -> Found:
    held = [command.upper() for command in commands]
    return Found(
        str(view),
        f'{names(roles)} can {joined(held)} rows of "{shown.table}" through "{view}", which writes as "{shown.reader}"'
        " without checking any policy",
        revoked(view, roles, held),
        detail=",".join(commands),
    )
