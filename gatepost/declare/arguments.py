"""Read the arguments of a statement: its commands, roles, columns and table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Column, Table

from gatepost import sql
from gatepost.auth import Role
from gatepost.errors import DeclarationError
from gatepost.schema import COMMANDS, Command, RowCommand, is_platform


def row_commands(commands: tuple[Command, ...]) -> tuple[RowCommand, ...]:
    """Return the commands of a rule in PostgreSQL's order; `"all"` alone means the four of them.

    Raises:
        DeclarationError: one of them is not a command, or others stand beside `"all"`.
    """
    if for_all(commands):
        return COMMANDS
    for command in commands:
        if command not in COMMANDS:
            known = ", ".join(map(repr, COMMANDS))
            alone = "stands alone" if command == "all" else "is not a command"
            raise DeclarationError(f'"{command}" {alone}', f'one of {known}; or "all" alone for one policy FOR ALL')
    return tuple(command for command in COMMANDS if command in commands)


def for_all(commands: tuple[Command, ...]) -> bool:
    """Return whether the rule is one policy FOR ALL instead of one policy a command."""
    return commands == ("all",)


def role_names(to: Role | Iterable[Role]) -> tuple[str, ...]:
    """Return the names of the roles, sorted."""
    roles = (to,) if isinstance(to, Role) else tuple(to) if isinstance(to, Iterable) and not isinstance(to, str) else ()
    if not roles or not all(isinstance(role, Role) for role in roles):
        raise DeclarationError(f"to={to!r} is not a role", 'to=authenticated, or to=Role("app_admin")')
    names = sorted({role.name for role in roles})
    sql.identifiers(names)
    if "public" in names and len(names) > 1:
        raise DeclarationError(
            f'to= names "public", which means everybody, and also "{", ".join(set(names) - {"public"})}"', "to=public"
        )
    return tuple(names)


def model_column(found: object, call: str) -> Column[Any]:
    """Return the table's column behind a model's attribute; `call` names the statement in an error."""
    clause = found.__clause_element__() if hasattr(found, "__clause_element__") else found
    if not isinstance(clause, Column) or not isinstance(clause.table, Table):
        raise DeclarationError(f"{call}() needs a column of a model, not {found!r}", f"{call}(Model.column)")
    return clause.table.columns[clause.key]


def column_names(columns: Iterable[object], argument: str = "columns") -> tuple[str, ...]:
    """Return the names of the columns, sorted, each once."""
    if isinstance(columns, str) or not isinstance(columns, tuple | list | set | frozenset):
        raise DeclarationError(f'{argument}= takes several columns, not "{columns}"', f"{argument}=(Model.column,)")
    names = (one if isinstance(one, str) else model_column(one, f"{argument}=").name for one in columns)
    return tuple(dict.fromkeys(sorted(names)))


def table_of(table: object) -> tuple[str, str, Table | None]:
    """Return the schema, the name and, unless it is the platform's, the table behind a model."""
    if isinstance(table, str):
        schema, _, name = table.partition(".")
        if not name or not is_platform(schema):
            raise DeclarationError(
                f'protect("{table}", …) names no table of the platform', "give the model's class: protect(Model, …)"
            )
        return schema, name, None
    found = getattr(table, "__table__", table)
    if not isinstance(found, Table):
        raise DeclarationError(f"protect() needs a table model, not {table!r}", "class Model(SQLModel, table=True)")
    return found.schema or "public", found.name, found
