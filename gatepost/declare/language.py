"""The statements of `policies/`: `protect`, `allow`, `restrict`, `owner`, `through`.

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
from gatepost.declare.source_location import caller, place, refuse_python_logic, with_source_location
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
from gatepost.schema import COMMANDS, RowCommand, is_platform

Statements = dict[tuple[str, str], ProtectedTable]

_everything: Statements = {}
_collecting: ContextVar[Statements] = ContextVar("collecting")


@contextmanager
def declaring() -> Iterator[Statements]:
    """Collect the statements of a block separately, for a test or a second project in one process."""
    statements: Statements = {}
    token = _collecting.set(statements)
    try:
        yield statements
    finally:
        _collecting.reset(token)


def statements() -> Statements:
    """Return the statements collected so far, by (schema, table)."""
    return _collecting.get(_everything)


@with_source_location
def allow(
    *commands: RowCommand,
    to: Role | Iterable[Role],
    where: object = None,
    check: object = None,
    columns: Iterable[object] = (),
    name: str | None = None,
) -> Rule:
    """Allow roles to access rows of a table.

    Args:
        commands: `select`, `insert`, `update`, `delete`; each becomes one policy.
        to: The role, or roles.
        where: Which rows can be read, changed or deleted: an expression over the table's own columns, or `text(...)`.
            Without it, all rows.
        check: Which rows can be written; for `update` the default is `where`.
        columns: The only columns that the rule grants; without it, all that are not hidden.
        name: The policy's name; by default `table_command_role`.

    Raises:
        DeclarationError: `where=` on an insert, or a write that is always true.
    """
    return _written("allow", commands, to, where, check, columns, name)


@with_source_location
def restrict(
    *commands: RowCommand,
    to: Role | Iterable[Role],
    where: object = None,
    check: object = None,
    name: str | None = None,
) -> Rule:
    """Narrow what other rules allow (AS RESTRICTIVE).

    Args:
        commands: See `allow`.
        to: The role, or roles.
        where: The rows that remain accessible.
        check: The rows that can still be written; for `update` the default is `where`.
        name: The policy's name; by default `table_command_restrict`.

    Raises:
        DeclarationError: the restriction has no effect.
    """
    if where is None and check is None:
        raise DeclarationError("restrict() without a condition takes nothing away", "restrict(…, where=…)")
    return _written("restrict", commands, to, where, check, (), name)


@with_source_location
def owner(
    column: object,
    *commands: RowCommand,
    to: Role | Iterable[Role] = authenticated,
    columns: Iterable[object] = (),
    name: str | None = None,
) -> Rule:
    """Declare that a row belongs to the user whose id is in `column`.

    Args:
        column: The model's column with the user's id, as uuid or as text.
        commands: What its owner may do; without any, everything.
        to: The role of signed-in users.
        columns: The only columns that the rule grants.
        name: The policy's name; by default `table_command_owner`.

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


@with_source_location
def through(
    foreign_key: object,
    *commands: RowCommand,
    to: Role | Iterable[Role] = authenticated,
    columns: Iterable[object] = (),
    name: str | None = None,
) -> Rule:
    """Declare that everybody who can read the parent can access the row; the parent's row security filters it.

    Everybody who can read the parent has the commands on all of its children. Without commands, that is only reading.
    Otherwise many readers of one parent could change and delete each other's rows.

    Args:
        foreign_key: The model's column that refers to the parent.
        commands: What readers of a parent may do with its children; without any, `"select"`.
        to: The role of signed-in users.
        columns: The only columns that the rule grants.
        name: The policy's name; by default `table_command_through`.

    Raises:
        DeclarationError: the column is not a foreign key, or refers to its own table.
    """
    column = _column(foreign_key, "through")
    child = address(column)
    parent = parent_of(column)
    if parent[:2] == child[:2]:
        raise DeclarationError(
            f'"{child[1]}" cannot be visible through itself: its policy would read itself without end',
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


@with_source_location
def protect(table: object, *rules: Rule, hide: Iterable[object] = ()) -> ProtectedTable:
    """Protect one table: enable and force row security, and allow exactly what the rules say.

    Args:
        table: A SQLModel class, a SQLAlchemy table, or the name of a platform table such as `"storage.objects"`, of
            which only the policies are declared.
        rules: What is allowed; without any, only `service_role` can access rows.
        hide: Columns that only `service_role` can read or write, whatever the rules say.

    Raises:
        DeclarationError: the rules contain a mistake.
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
    """Return everything declared so far, checked as a whole.

    Raises:
        DeclarationError: a child is protected through a parent that nobody can read, or can be written through one
            that everybody can read.
    """
    declaration = Declaration(tuple(sorted(statements().values(), key=lambda table: table.key))).checked()
    refuse_writes_through_open_parents(declaration)
    return declaration


def _written(
    meaning: Meaning,
    commands: tuple[RowCommand, ...],
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


def _commands(commands: tuple[RowCommand, ...]) -> tuple[RowCommand, ...]:
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
            f'to= names "public", which means everybody, and also "{", ".join(set(names) - {"public"})}"', "to=public"
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
