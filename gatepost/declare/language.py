"""The statements of `policies/`: `protect`, `allow` and `restrict`; the rules of belonging are in `belonging.py`.

>>> protect(Task, owner(Task.user_id))                                  # doctest: +SKIP
>>> protect(StreamChunk, through(StreamChunk.stream_id))                # doctest: +SKIP
>>> protect(ProviderCredential)          # nobody but service_role      # doctest: +SKIP
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from gatepost.auth import Role
from gatepost.declare.arguments import column_names, for_all, role_names, row_commands, table_of
from gatepost.declare.as_found import AsFound
from gatepost.declare.declaration import Declaration, Meaning, ProtectedTable, Rule
from gatepost.declare.expression import expression
from gatepost.declare.open_parent import refuse_writes_through_open_parents
from gatepost.declare.source_location import caller, place, refuse_python_logic, with_source_location
from gatepost.declare.to_policies import protected_table
from gatepost.declare.validation import (
    check_columns,
    check_forced,
    check_platform,
    check_rule,
    refuse_idle_condition,
    refuse_unnamed_power,
    writes_everything,
)
from gatepost.errors import DeclarationError
from gatepost.schema import Command

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
    *commands: Command,
    to: Role | Iterable[Role],
    where: object = None,
    check: object = None,
    columns: Iterable[object] = (),
    name: str | None = None,
    with_check: bool | None = None,
) -> Rule:
    """Allow roles to access rows of a table.

    Args:
        commands: `select`, `insert`, `update`, `delete`; each becomes one policy. `"all"` alone is one policy FOR ALL.
        to: The role, or roles.
        where: Which rows can be read, changed or deleted: an expression over the table's own columns, or `text(...)`.
            Without it, all rows.
        check: Which rows can be written; for `update` and `"all"` the default is `where`. `anything` says that every
            new row is wanted, as from a contact form.
        columns: The only columns that the rule grants; without it, all that are not hidden.
        name: The policy's name; by default `table_command_role`.
        with_check: Whether a policy restates `where=` as WITH CHECK; by default, one for "update" does.

    Raises:
        DeclarationError: `where=` on an insert, or a write that is always true.
    """
    return _written("allow", commands, to, where, check, columns, name, with_check)


@with_source_location
def restrict(
    *commands: Command,
    to: Role | Iterable[Role],
    where: object = None,
    check: object = None,
    name: str | None = None,
    with_check: bool | None = None,
) -> Rule:
    """Narrow what other rules allow (AS RESTRICTIVE).

    Args:
        commands: See `allow`.
        to: The role, or roles.
        where: The rows that remain accessible.
        check: The rows that can still be written; for `update` the default is `where`.
        name: The policy's name; by default `table_command_restrict`.
        with_check: See `allow`.

    Raises:
        DeclarationError: the restriction has no effect.
    """
    if where is None and check is None:
        raise DeclarationError("restrict() without a condition takes nothing away", "restrict(…, where=…)")
    return _written("restrict", commands, to, where, check, (), name, with_check)


@with_source_location
def protect(
    table: object, *rules: Rule, hide: Iterable[object] = (), forced: bool = True, found: AsFound | None = None
) -> ProtectedTable:
    """Protect one table: enable and force row security, and allow exactly what the rules say.

    Args:
        table: A SQLModel class, a SQLAlchemy table, or the name of a platform table such as `"storage.objects"`, of
            which only the policies are declared.
        rules: What is allowed; without any, only `service_role` can access rows.
        hide: Columns that only `service_role` can read or write, whatever the rules say.
        forced: Whether row security holds for the table's owner too. False is for a backend that logs in as the owner
            and does not bypass row security, as on RDS; every other role is subject to the rules all the same.
        found: `as_found(…)` for a table that was there before: its row security and grants stay as they are, and the
            rules are its policies as they are.

    Raises:
        DeclarationError: the rules contain a mistake.
    """
    here = place(caller())
    schema, name, model = table_of(table)
    hidden = column_names(hide, "hide")
    for rule in rules:
        check_rule(rule, schema, name, model)
    check_platform(schema, name, rules, hidden)
    check_forced(forced, schema, name, as_found=found is not None)
    check_columns(model, name, (*hidden, *(column for rule in rules for column in rule.columns)))
    for rule in rules if found is None else ():
        refuse_unnamed_power(rule, model, hidden)
    protected = protected_table(schema, name, model, rules, hidden, here, found, forced)
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
    commands: tuple[Command, ...],
    to: Role | Iterable[Role],
    where: object,
    check: object,
    columns: Iterable[object],
    name: str | None,
    with_check: bool | None,
) -> Rule:
    refuse_python_logic()
    wanted = row_commands(commands)
    call = f"{meaning}({', '.join(map(repr, commands))}, …"
    if not wanted:
        raise DeclarationError(f"{meaning}() needs a command", f'{meaning}("select", to=authenticated, where=…)')
    reads = expression(where, "where") if where is not None else None
    writes = expression(check, "check") if check is not None else None
    rule = Rule(
        meaning,
        wanted,
        role_names(to),
        reads,
        writes,
        columns=column_names(columns),
        name=name,
        for_all=for_all(commands),
        with_check=with_check,
    )
    refuse_idle_condition(rule, call)
    if meaning == "allow" and writes_everything(rule):
        raise DeclarationError(
            f"{call}) lets everybody who holds the role write every row",
            f"{call}, where=Model.user_id == uid())" if "insert" not in wanted else f"{call}, check=…)",
        )
    return rule
