"""The rule `definer-view`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost import sql
from gatepost.analysis.context import Context
from gatepost.analysis.views.exposed_rows import (
    Shown,
    figures_only,
    filtered,
    granted_on_purpose,
    hidden_tables,
    intended_for_everybody,
)
from gatepost.finding import Severity
from gatepost.name_hints import is_public_side, likely_audience
from gatepost.rules._registry import Found, rule
from gatepost.rules._wording import names
from gatepost.schema import View, is_platform


@rule(severity="error", decided_by="catalog")
def definer_view(context: Context) -> Iterator[Found]:
    """A view shows its readers rows that row security hides from them.

    Views over views are followed. Nothing is reported where the view itself filters by the signed-in user, or where the
    reader sees the same rows without it. Information where the view returns only counts and sums, where it shows some
    columns of rows that are marked as public, where it was granted on purpose and leaves out what people keep to
    themselves, and where the table below has no row security and only grants close it. Then somebody created the view
    to open the table. A warning where each row is a user and the view leaves out what is theirs alone, but only default
    privileges open it: that may be the public side of a profile.

    ## Why is this bad?
    A view without `security_invoker` reads its tables as its owner, and on the platform the owner bypasses row
    security. No policy is checked.

    ## Example
    ```sql
    CREATE TABLE public.note (id int PRIMARY KEY, owner uuid, body text);
    ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
    CREATE POLICY own ON public.note FOR SELECT TO authenticated USING ((SELECT auth.uid()) = owner);
    CREATE VIEW public.notes AS SELECT id, body FROM public.note;
    GRANT SELECT ON public.note, public.notes TO authenticated;
    ```

    ## Use instead
    ```sql
    ALTER VIEW public.notes SET (security_invoker = on);
    ```

    ## References
    - https://www.postgresql.org/docs/17/sql-createview.html
    """
    for view in context.live.views:
        if view.kind != "view" or view.extension is not None:
            continue
        worst: dict[Severity, tuple[Shown, list[str]]] = {}
        for role in context.privileges.who(view, "SELECT"):
            for shown in hidden_tables(view, role, context):
                severity = _severity(shown, view, context)
                if severity is not None:
                    worst.setdefault(severity, (shown, []))[1].append(role)
        for severity in ("error", "warning", "info"):
            if severity in worst:
                yield _finding(view, severity, *worst[severity])
                break


def _severity(shown: Shown, view: View, context: Context) -> Severity | None:
    if filtered(shown, context):
        return None
    if figures_only(shown):
        return "info"
    if is_platform(shown.table.schema):
        return "error"
    if shown.hides_rows:
        if intended_for_everybody(shown, view):
            return "info"
        a_person = shown.table.key in context.analysis.people
        side = is_public_side(shown.columns, [column.name for column in shown.table.columns])
        return "warning" if a_person and side else "error"
    return "info" if granted_on_purpose(view) and likely_audience(shown.table) != "private" else "warning"


def _finding(view: View, severity: Severity, shown: Shown, roles: list[str]) -> Found:
    through = f' through "{shown.via[-1]}"' if len(shown.via) > 1 else ""
    hides = "row security hides from them" if shown.hides_rows else "they have no grant for"
    hint = next(inner for inner in reversed(shown.via) if not inner.invoker)
    return Found(
        str(view),
        f'"{view}" shows {names(dict.fromkeys(roles))} rows of "{shown.table}" that {hides}. It reads them{through} as'
        f' "{shown.reader}"',
        f"ALTER VIEW {sql.qualified(hint.schema, hint.name)} SET (security_invoker = on);",
        severity=severity,
    )
