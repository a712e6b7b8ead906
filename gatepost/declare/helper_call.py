"""Conditions by a function of the project: `call("is_member", Project.org_id)`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, select, types
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import visitors
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.schema import Column

from gatepost import sql
from gatepost.declare.source_location import with_source_location
from gatepost.errors import DeclarationError


class HelperCall(FunctionElement[bool]):
    """A call of a function that returns a Boolean."""

    inherit_cache = False
    type = types.Boolean()

    def __init__(self, schema: str, name: str, *arguments: Any) -> None:  # noqa: ANN401  values and columns
        super().__init__(*arguments)
        self.function = sql.qualified(schema, name)


@compiles(HelperCall)  # type: ignore[no-untyped-call, untyped-decorator, unused-ignore]
def _render(element: HelperCall, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    return f"{element.function}({compiler.process(element.clauses, **options)})"


@with_source_location
def call(helper: object, *arguments: object, per_row: bool = False) -> ColumnElement[bool]:
    """Return the condition that a function of the project is true: `call("private.is_member", Project.org_id)`.

    Without a column among the arguments it is the same for every row of a statement, so PostgreSQL is made to call it
    once and not once a row.

    Args:
        helper: The function's name, in `public` where it names no schema, or its entity (`PGFunction`).
        arguments: Columns of the model, values of the session such as `uid()`, and constants.
        per_row: Call it for each row in any case, as a policy does that stays as it was found.

    Raises:
        DeclarationError: `helper` names no function.
    """
    schema, name = _function(helper)
    values = [one.__clause_element__() if hasattr(one, "__clause_element__") else one for one in arguments]
    called = HelperCall(schema, name, *values)
    of_row = any(isinstance(part, Column) for part in visitors.iterate(called))
    return called if of_row or per_row else select(called.label(name)).scalar_subquery()


def _function(helper: object) -> tuple[str, str]:
    signature, schema = getattr(helper, "signature", None), getattr(helper, "schema", None)
    if isinstance(signature, str) and isinstance(schema, str):
        written = signature.partition("(")[0].strip()
        return schema, written[1:-1].replace('""', '"') if written.startswith('"') else written
    pieces = helper.split(".") if isinstance(helper, str) else []
    if not 1 <= len(pieces) <= 2 or not all(piece and "(" not in piece for piece in pieces):
        raise DeclarationError(
            f"call() needs the name of a function, not {helper!r}", 'call("private.is_member", Model.team_id)'
        )
    return (pieces[0], pieces[1]) if len(pieces) == 2 else ("public", pieces[0])
