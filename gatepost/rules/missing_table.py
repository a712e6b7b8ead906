"""The rule `missing-table`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.analysis.context import Context
from gatepost.rules._registry import Found, rule


@rule(severity="error", decided_by="catalog")
def missing_table(context: Context) -> Iterator[Found]:
    """A declared table is not in the database.

    ## Why is this bad?
    The database is not in the declared state, so nothing can be said about access to the table.
    """
    for declared in context.declaration or ():
        if context.live.table(*declared.key) is None:
            yield Found(
                str(declared),
                f'"{declared}" is declared at {declared.place} but not in the database',
                "alembic upgrade head",
            )
