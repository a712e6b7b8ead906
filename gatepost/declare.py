"""The policy language: `protect`, `allow`, `restrict`, `owner`, `through`.

>>> protect(Task, owner(Task.user_id))                                  # doctest: +SKIP
>>> protect(StreamChunk, through(StreamChunk.stream_id, "select"))      # doctest: +SKIP
>>> protect(ProviderCredential)          # nobody but service_role      # doctest: +SKIP
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Table

from gatepost.auth import Role, authenticated
from gatepost.declaration import Declaration, Meaning, ProtectedTable, Rule
from gatepost.errors import DeclarationError
from gatepost.expression import expression
from gatepost.resolve import protected_table
from gatepost.schema import COMMANDS, Command, is_platform

Statements = dict[tuple[str, str], ProtectedTable]

_everything: Statements = {}
_collecting: ContextVar[Statements] = ContextVar("collecting")


@contextmanager
def declaring() -> Iterator[Statements]:
    """Collect the statements of a block apart from all others, for a test or a second project in one process."""
    statements: Statements = {}
    token = _collecting.set(statements)
    try:
        yield statements
    finally:
        _collecting.reset(token)


def statements() -> Statements:
    """Return the statements collected so far, by (schema, table)."""
    return _collecting.get(_everything)


def allow(
    *commands: str,
    to: Role | Iterable[Role],
    where: object = None,
    check: object = None,
    columns: Iterable[object] = (),
    name: str | None = None,
) -> Rule:
    """Let roles reach the rows of a table.

    Args:
        commands: `select`, `insert`, `update`, `delete`; one policy is made for each.
        to: The role, or roles.
        where: Which rows can be read, changed or deleted: an expression over the table's own columns, or `text(...)`.
            Without it, all rows.
        check: Which rows can be written; for `update` it is `where` unless said otherwise.
        columns: The only columns that the rule grants; without it, all that are not hidden.
        name: The policy's name; without it `table_command_role`.

    Raises:
        DeclarationError: `where=` on an insert, or a write that is always true.
    """
    return _written("allow", commands, to, where, check, columns, name)


def restrict(
    *commands: str,
    to: Role | Iterable[Role],
    where: object = None,
    check: object = None,
    name: str | None = None,
) -> Rule:
    """Take rows away again from what other rules allow (AS RESTRICTIVE).

    Args:
        commands: As of `allow`.
        to: The role, or roles.
        where: The rows that stay.
        check: The rows that can still be written; for `update` it is `where` unless said otherwise.
        name: The policy's name; without it `table_command_restrict`.

    Raises:
        DeclarationError: the restriction says nothing.
    """
    if where is None and check is None:
        raise DeclarationError("restrict() without a condition takes nothing away", "restrict(…, where=…)")
    return _written("restrict", commands, to, where, check, (), name)


def owner(
    column: object,
    *commands: str,
    to: Role | Iterable[Role] = authenticated,
    columns: Iterable[object] = (),
    name: str | None = None,
) -> Rule:
    """Say that a row belongs to the user whose id stands in `column`.

    Args:
        column: The model's column that holds the user's id, as uuid or as text.
        commands: What its owner may do; without any, everything.
        to: The role that signed-in users have.
        columns: The only columns that the rule grants.
        name: The policy's name; without it `table_command_owner`.

    Raises:
        DeclarationError: the column is not a column.
    """
    return Rule(
        "owner",
        _commands(commands) or COMMANDS,
        _roles(to),
        column=_address(_column(column, "owner")),
        columns=_names(columns),
        name=name,
    )


def through(
    foreign_key: object,
    *commands: str,
    to: Role | Iterable[Role] = authenticated,
    columns: Iterable[object] = (),
    name: str | None = None,
) -> Rule:
    """Say that a row is as visible as its parent: the parent's own row security filters the sub-select.

    Args:
        foreign_key: The model's column that refers to the parent.
        commands: What may be done with the children of visible parents; without any, everything.
        to: The role that signed-in users have.
        columns: The only columns that the rule grants.
        name: The policy's name; without it `table_command_through`.

    Raises:
        DeclarationError: the column is not a foreign key, or refers to its own table.
    """
    column = _column(foreign_key, "through")
    address = _address(column)
    parents = [key.column for key in column.foreign_keys]
    if len(parents) != 1:
        raise DeclarationError(
            f'through() needs a column with one foreign key, and "{address[1]}.{address[2]}" has {len(parents)}',
            f"owner({column.table.name}.…) or allow(…, where=…)",
        )
    parent = _address(parents[0])
    if parent[:2] == address[:2]:
        raise DeclarationError(
            f'"{address[1]}" cannot be visible through itself: its policy would ask itself without end',
            "keep the owner's id on every row and write owner(…)",
        )
    return Rule(
        "through",
        _commands(commands) or COMMANDS,
        _roles(to),
        column=address,
        parent=parent,
        columns=_names(columns),
        name=name,
    )


def protect(table: object, *rules: Rule, hide: Iterable[object] = ()) -> ProtectedTable:
    """Tell the access story of one table: row security enabled and forced, and exactly what the rules allow.

    Args:
        table: A SQLModel class, a SQLAlchemy table, or the name of a platform table such as `"storage.objects"`, of
            which only the policies are declared.
        rules: What is allowed; without any, nobody but `service_role` reaches a row.
        hide: Columns that no role but `service_role` reads or writes, whatever the rules say.

    Raises:
        DeclarationError: the rules say something that cannot be meant.
    """
    place = _place()
    schema, name, found = _table(table)
    hidden = _names(hide)
    try:
        for rule in rules:
            _check_rule(rule, schema, name, found)
        _check_columns(found, name, (*hidden, *(column for rule in rules for column in rule.columns)))
        protected = protected_table(schema, name, found, rules, hidden, place)
    except DeclarationError as error:
        raise DeclarationError(f"{place}: {error.message}", error.mend) from None
    known = statements().get(protected.key)
    if known is not None and known.place != place:
        raise DeclarationError(
            f'{place}: "{protected}" is protected twice; the first statement is at {known.place}',
            "write all its rules in one protect(…)",
        )
    statements()[protected.key] = protected
    return protected


def collected() -> Declaration:
    """Return what was declared so far, checked as a whole.

    Raises:
        DeclarationError: a child is protected through a parent that nobody can see.
    """
    return Declaration(tuple(sorted(statements().values(), key=lambda table: table.key))).checked()


def _written(
    meaning: Meaning,
    commands: tuple[str, ...],
    to: Role | Iterable[Role],
    where: object,
    check: object,
    columns: Iterable[object],
    name: str | None,
) -> Rule:
    wanted = _commands(commands)
    call = f"{meaning}({', '.join(map(repr, commands))}, …"
    if not wanted:
        raise DeclarationError(f"{meaning}() needs a command", f'{meaning}("select", to=authenticated, where=…)')
    reads = expression(where, "where") if where is not None else None
    writes = expression(check, "check") if check is not None else None
    if "insert" in wanted and reads is not None and writes is None:
        raise DeclarationError(
            f"{call}, where=…) has an insert, and a row that is being inserted is not there to be found",
            f"{call}, check=…)",
        )
    if meaning == "allow" and set(wanted) - {"select"}:
        always = [one for one in (reads, writes) if one is None or one.always_true]
        updates_all = "update" in wanted and reads is None
        deletes_all = "delete" in wanted and (reads is None or reads.always_true)
        if updates_all or deletes_all or len(always) == 2 or (writes is not None and writes.always_true):
            raise DeclarationError(
                f"{call}) lets everybody who holds the role write every row",
                f"{call}, where=Model.user_id == uid())" if "insert" not in wanted else f"{call}, check=…)",
            )
    return Rule(meaning, wanted, _roles(to), reads, writes, columns=_names(columns), name=name)


def _commands(commands: tuple[str, ...]) -> tuple[Command, ...]:
    for command in commands:
        if command not in COMMANDS:
            raise DeclarationError(f'"{command}" is not a command', f"one of {', '.join(map(repr, COMMANDS))}")
    return tuple(command for command in COMMANDS if command in commands)


def _roles(to: Role | Iterable[Role]) -> tuple[str, ...]:
    roles = (to,) if isinstance(to, Role) else tuple(to) if isinstance(to, Iterable) and not isinstance(to, str) else ()
    if not roles or not all(isinstance(role, Role) for role in roles):
        raise DeclarationError(f"to={to!r} is not a role", 'to=authenticated, or to=Role("app_admin")')
    return tuple(role.name for role in roles)


def _column(found: object, call: str) -> Column[Any]:
    clause = found.__clause_element__() if hasattr(found, "__clause_element__") else found
    if not isinstance(clause, Column) or not isinstance(clause.table, Table):
        raise DeclarationError(f"{call}() needs a column of a model, not {found!r}", f"{call}(Model.column)")
    return clause.table.columns[clause.key]


def _address(column: Column[Any]) -> tuple[str, str, str]:
    return (column.table.schema or "public", column.table.name, column.name)


def _names(columns: Iterable[object]) -> tuple[str, ...]:
    return tuple(column if isinstance(column, str) else _column(column, "columns=").name for column in columns)


def _table(table: object) -> tuple[str, str, Table | None]:
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


def _check_rule(rule: object, schema: str, name: str, table: Table | None) -> None:
    if not isinstance(rule, Rule):
        raise DeclarationError(f"{rule!r} is not a rule", "owner(…), through(…), allow(…) or restrict(…)")
    if rule.column is not None and rule.column[:2] != (schema, name):
        other, column = rule.column[1:]
        raise DeclarationError(
            f'{rule.meaning}() on "{name}" names the column "{column}" of "{other}"',
            f"{rule.meaning}({getattr(table, 'name', name)}.…)",
        )


def _check_columns(table: Table | None, name: str, columns: tuple[str, ...]) -> None:
    for column in columns:
        if table is not None and column not in table.columns:
            raise DeclarationError(f'"{name}" has no column "{column}"', f"one of {', '.join(table.columns.keys())}")


def _place() -> str:
    frame = sys._getframe(2)
    path = Path(frame.f_code.co_filename)
    inside = path.is_relative_to(Path.cwd())
    return f"{path.relative_to(Path.cwd()) if inside else path}:{frame.f_lineno}"
