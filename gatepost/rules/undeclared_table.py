"""The rule `undeclared-table`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.analysis.context import Context, is_version_table
from gatepost.rules._registry import Found, rule


@rule(severity="error", decided_by="catalog")
def undeclared_table(context: Context) -> Iterator[Found]:
    """A table is in the database but not declared.

    ## Why is this bad?
    A table that is not declared should have no access. It was created by hand or forgotten, and nothing compares its
    policies with an intention.

    ## Example
    ```sql
    CREATE TABLE public.note (id int PRIMARY KEY, body text);
    ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
    ALTER TABLE public.note FORCE ROW LEVEL SECURITY;
    ```

    ## Use instead
    ```sql
    DROP TABLE public.note;
    ```
    or, in `policies/`: `protect(Note, owner(Note.user_id))`. A project that declares a few tables of many says
    `only_declared = true` in `[tool.gatepost]`.
    """
    if context.declaration is None or context.declaration.partial:
        return
    for table in context.tables:
        if is_version_table(table) or context.declaration_of(table) is not None or table.partition:
            continue
        yield Found(
            str(table),
            f'no policy file declares who may access "{table}"',
            f"protect(…)  # in policies/, for the model of {table}",
        )
