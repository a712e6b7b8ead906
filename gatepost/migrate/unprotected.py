"""Say which models nobody protected, where they are, and the statement that protects each."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Sequence

from sqlalchemy import Table

from gatepost import display
from gatepost.declare.source_location import file_and_line
from gatepost.errors import DeclarationError
from gatepost.name_hints import word_list

_FEW = 10


def unprotected(tables: Sequence[Table]) -> DeclarationError:
    """Return the sentence about models without a statement.

    Args:
        tables: The tables, at least one.
    """
    first, *more = tables
    model = _model(first)
    place = f"{place}: " if model is not None and (place := _place(model)) else ""
    others = f" and {len(more)} more tables" if more[1:] else ' and "' + _name(more[0]) + '"' if more else ""
    left = f"\n  … and {len(tables) - _FEW} more" if len(tables) > _FEW else ""
    return DeclarationError(
        f'{place}nobody protected "{_name(first)}"{others}',
        "\n  ".join(["in policies/:", *map(_statement, tables[:_FEW])]) + left + "\n"
        "  only_declared = true  # in [tool.gatepost], where such tables are to be left alone",
    )


def _name(table: Table) -> str:
    return f"{table.schema or 'public'}.{table.name}"


def _statement(table: Table) -> str:
    model = _model(table)
    if model is None:
        return f"protect({display.line(table.name)})  # the server alone, until a rule says who else"
    owners = (column.key for column in table.columns if column.name in word_list("owner_columns"))
    owner = next((key for key in owners if hasattr(model, key)), None)
    if owner is None:
        return f"protect({model.__name__})  # the server alone, until a rule says who else"
    return f"protect({model.__name__}, owner({model.__name__}.{owner}))"


def _model(table: Table) -> type | None:
    """Return the class that is mapped to a table. A metadata does not know its classes, and their modules do."""
    for module in list(sys.modules.values()):
        for found in list(getattr(module, "__dict__", {}).values()):
            if isinstance(found, type) and vars(found).get("__table__") is table:
                return found
    return None


def _place(model: type) -> str:
    try:
        return file_and_line(inspect.getfile(model), inspect.getsourcelines(model)[1])
    except (OSError, TypeError):  # a class that a program made
        return ""
