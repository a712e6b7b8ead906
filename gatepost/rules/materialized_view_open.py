"""The rule `materialized-view-open`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.analysis.context import Context
from gatepost.analysis.views.exposed_rows import Shown, figures_only, granted_on_purpose, hidden_tables
from gatepost.finding import Severity
from gatepost.rules._fixes import revoked
from gatepost.rules._registry import Found, rule
from gatepost.rules._wording import names
from gatepost.schema import View


@rule(severity="error", decided_by="catalog")
def materialized_view_open(context: Context) -> Iterator[Found]:
    """A materialized view stores rows that row security hides from its readers.

    Nothing is reported where every reader sees the same rows in the tables. Information where it holds counts and sums.

    ## Why is this bad?
    A materialized view cannot have row security. The policies of its tables were checked for its owner when it was
    refreshed, not for the reader.

    ## Example
    ```sql
    CREATE TABLE public.note (id int PRIMARY KEY, owner uuid, body text);
    ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
    CREATE MATERIALIZED VIEW public.notes AS SELECT id, body FROM public.note;
    GRANT SELECT ON public.notes TO anon;
    ```

    ## Use instead
    ```sql
    REVOKE ALL ON public.notes FROM anon, authenticated;
    ```

    ## References
    - https://www.postgresql.org/docs/17/sql-creatematerializedview.html
    """
    for view in context.live.views:
        if view.kind != "materialized" or view.extension is not None:
            continue
        found: dict[Severity, tuple[Shown, list[str]]] = {}
        for role in context.privileges.who(view, "SELECT"):
            for shown in hidden_tables(view, role, context):
                found.setdefault(_severity(shown, view), (shown, []))[1].append(role)
        for severity in ("error", "warning", "info"):
            if severity in found:
                shown, roles = found[severity]
                yield Found(
                    str(view),
                    f'"{view}" holds rows of "{shown.table}" that {names(dict.fromkeys(roles))} cannot read there. Row'
                    " security cannot protect a materialized view",
                    revoked(view, roles),
                    severity=severity,
                )
                break


def _severity(shown: Shown, view: View) -> Severity:
    if figures_only(shown):
        return "info"
    if shown.hides_rows:
        return "error"
    return "info" if granted_on_purpose(view) else "warning"
