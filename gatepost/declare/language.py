"""The policy language: `protect`, `allow`, `restrict`, `owner`, `through`.

>>> protect(Task, owner(Task.user_id))                                  # doctest: +SKIP
>>> protect(StreamChunk, through(StreamChunk.stream_id))                # doctest: +SKIP
>>> protect(ProviderCredential)          # nobody but service_role      # doctest: +SKIP
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy import Column, Table

from gatepost import sql
from gatepost.auth import Role, authenticated
from gatepost.declare.declaration import Declaration, Meaning, ProtectedTable, Rule
from gatepost.declare.expression import expression
from gatepost.declare.open_parent import refuse_writes_through_open_parents
from gatepost.declare.source_location import caller, place, refuse_python_logic, told_with_place
from gatepost.declare.to_policies import protected_table
from gatepost.declare.validation import (
    address,
    check_columns,
    check_platform,
    check_rule,
    parent_of,
    refuse_idle_condition,
    writes_everything,
)
from gatepost.errors import DeclarationError
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


@told_with_place
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


@told_with_place
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


@told_with_place
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
        column=address(_column(column, "owner")),
        columns=_names(columns),
        name=name,
    )


@told_with_place
def through(
    foreign_key: object,
    *commands: str,
    to: Role | Iterable[Role] = authenticated,
    columns: Iterable[object] = (),
    name: str | None = None,
) -> Rule:
    """Say that a row is as visible as its parent: the parent's own row security filters the sub-select.

    Whoever can read the parent has the commands on all of its children, so without commands it is reading alone: a
    parent that many can read would otherwise let each of them change and delete what the others wrote.

    Args:
        foreign_key: The model's column that refers to the parent.
        commands: What readers of a parent may do with its children; without any, `"select"`.
        to: The role that signed-in users have.
        columns: The only columns that the rule grants.
        name: The policy's name; without it `table_command_through`.

    Raises:
        DeclarationError: the column is not a foreign key, or refers to its own table.
    """
    column = _column(foreign_key, "through")
    child = address(column)
    parent = parent_of(column)
    if parent[:2] == child[:2]:
        raise DeclarationError(
            f'"{child[1]}" cannot be visible through itself: its policy would ask itself without end',
            "keep the owner's id on every row and write owner(…)",
        )
    return Rule(
        "through",
        _commands(commands) or ("select",),
        _roles(to),
        column=child,
        parent=parent,
        columns=_names(columns),
        name=name,
    )


@told_with_place
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
    here = place(caller())
    schema, name, found = _table(table)
    hidden = _names(hide, "hide")
    for rule in rules:
        check_rule(rule, schema, name, found)
    check_platform(schema, name, rules, hidden)
    check_columns(found, name, (*hidden, *(column for rule in rules for column in rule.columns)))
    protected = protected_table(schema, name, found, rules, hidden, here)
    known = statements().get(protected.key)
    if known is not None and known != protected:
        raise DeclarationError(
            f'"{protected}" is protected twice; the first statement is at {known.place}',
            "write all its rules in one protect(…)",
        )
    statements()[protected.key] = protected
    return protected


def collected() -> Declaration:
    """Return what was declared so far, checked as a whole.

    Raises:
        DeclarationError: a child is protected through a parent that nobody can see, or written through one that
            everybody can.
    """
    declaration = Declaration(tuple(sorted(statements().values(), key=lambda table: table.key))).checked()
    refuse_writes_through_open_parents(declaration)
    return declaration


def _written(
    meaning: Meaning,
    commands: tuple[str, ...],
    to: Role | Iterable[Role],
    where: object,
    check: object,
    columns: Iterable[object],
    name: str | None,
) -> Rule:
    refuse_python_logic()
    wanted = _commands(commands)
    call = f"{meaning}({', '.join(map(repr, commands))}, …"
    if not wanted:
        raise DeclarationError(f"{meaning}() needs a command", f'{meaning}("select", to=authenticated, where=…)')
    reads = expression(where, "where") if where is not None else None
    writes = expression(check, "check") if check is not None else None
    rule = Rule(meaning, wanted, _roles(to), reads, writes, columns=_names(columns), name=name)
    refuse_idle_condition(rule, call)
    if meaning == "allow" and writes_everything(rule):
        raise DeclarationError(
            f"{call}) lets everybody who holds the role write every row",
            f"{call}, where=Model.user_id == uid())" if "insert" not in wanted else f"{call}, check=…)",
        )
    return rule


def _commands(commands: tuple[str, ...]) -> tuple[Command, ...]:
    for command in commands:
        if command not in COMMANDS:
            raise DeclarationError(f'"{command}" is not a command', f"one of {', '.join(map(repr, COMMANDS))}")
    return tuple(command for command in COMMANDS if command in commands)


def _roles(to: Role | Iterable[Role]) -> tuple[str, ...]:
    roles = (to,) if isinstance(to, Role) else tuple(to) if isinstance(to, Iterable) and not isinstance(to, str) else ()
    if not roles or not all(isinstance(role, Role) for role in roles):
        raise DeclarationError(f"to={to!r} is not a role", 'to=authenticated, or to=Role("app_admin")')
    names = sorted({role.name for role in roles})
    sql.identifiers(names)
    if "public" in names and len(names) > 1:
        raise DeclarationError(
            f'to= names "public", which is everybody, beside "{", ".join(set(names) - {"public"})}"', "to=public"
        )
    return tuple(names)


def _column(found: object, call: str) -> Column[Any]:
    clause = found.__clause_element__() if hasattr(found, "__clause_element__") else found
    if not isinstance(clause, Column) or not isinstance(clause.table, Table):
        raise DeclarationError(f"{call}() needs a column of a model, not {found!r}", f"{call}(Model.column)")
    return clause.table.columns[clause.key]


def _names(columns: Iterable[object], argument: str = "columns") -> tuple[str, ...]:
    if isinstance(columns, str) or not isinstance(columns, tuple | list | set | frozenset):
        raise DeclarationError(f'{argument}= takes several columns, not "{columns}"', f"{argument}=(Model.column,)")
    names = (one if isinstance(one, str) else _column(one, f"{argument}=").name for one in columns)
    return tuple(dict.fromkeys(sorted(names)))


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
