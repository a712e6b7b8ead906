"""Guess a statement for each table, and ask where nothing can be guessed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Column, ForeignKey, Index, MetaData, PrimaryKeyConstraint, Table, UniqueConstraint
from sqlalchemy.exc import SQLAlchemyError

from gatepost.auth import type_family
from gatepost.declare.belonging import owner, through
from gatepost.declare.declaration import Rule
from gatepost.declare.language import declaring, protect
from gatepost.errors import DeclarationError
from gatepost.name_hints import is_secret, word_list
from gatepost.schema import Command


@dataclass(frozen=True)
class Model:
    """A table, and the class or variable that it is known by: `name` in `module`."""

    module: str
    name: str
    table: Table
    is_class: bool = True

    def column(self, name: str) -> str:
        """Return how a statement writes one of its columns."""
        if not self.is_class:
            return f"{self.name}.c.{name}"
        return f"{self.name}.{self.attribute(name)}"

    def attribute(self, name: str) -> str:
        """Return the attribute of the class that is a column, which can be named differently."""
        return next((key for key, column in self.table.columns.items() if column.name == name), name)


@dataclass(frozen=True)
class Guess:
    """A statement for one table: its rules as text, what is asked above it, and the column that needs an index.

    `hidden` are columns whose names say that nobody but the server should read them.
    """

    model: Model
    rules: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    index: str | None = None
    hidden: tuple[str, ...] = ()
    imports: frozenset[str] = frozenset()


def guess_all(models: Sequence[Model]) -> tuple[Guess, ...]:
    """Return a statement for each table that can be declared as it is written, in the order of the models.

    A row with the id of a user belongs to that user. A child is as visible as its parent. Anything else is closed to
    everybody but the server, with a question.
    """
    copy = MetaData()
    tables = {(model.table.schema, model.table.name): model.table.to_metadata(copy) for model in models}
    guesses: dict[Table, Guess] = {}
    todo = [(model, tables[model.table.schema, model.table.name]) for model in models]
    for model, table in todo:
        guesses[table] = _by_owner(model, table) or _asked(model)
    grown = True
    while grown:  # a parent may be the child of another one
        grown = False
        for model, table in todo:
            if not guesses[table].rules and (found := _by_parent(model, table, guesses)):
                guesses[table], grown = found, True
    return tuple(_declarable(guesses[table], table) for _, table in todo)


def _by_owner(model: Model, table: Table) -> Guess | None:
    for column in _owner_columns(table):
        written = model.column(column.name)
        if type_family(column.type) not in ("uuid", "text"):
            asked = (
                f'"{table.name}.{column.name}" is no uuid, so it cannot be the id of a signed-in user.',
                "Keep the id from auth.users in a column beside it, with an index, and write owner(…) with that.",
            )
            return Guess(model, questions=asked)
        needs = None if _indexed(table, column) else column.name
        return Guess(model, (f"owner({written})",), index=needs, imports=frozenset({"owner"}))
    return None


def _owner_columns(table: Table) -> Iterable[Column[object]]:
    """Yield the columns that could hold the user who owns a row, the likeliest first."""
    users = [column for column in table.columns if column.name.lower() in word_list("owner_columns")]
    yield from sorted(users, key=lambda column: (not column.foreign_keys, column.name))
    yield from (
        c for c in table.columns if c not in users and any(_of_users(k.target_fullname) for k in c.foreign_keys)
    )
    if _of_users(f"{table.name}.id"):
        yield from (column for column in table.primary_key if len(table.primary_key) == 1)


def _of_users(target: str) -> bool:
    table = target.rpartition(".")[0].rpartition(".")[2].lower()
    return table in ("user", "users", "profile", "profiles", "account", "accounts")


def _by_parent(model: Model, table: Table, guesses: dict[Table, Guess]) -> Guess | None:
    for column in table.columns:
        parents = [found for key in column.foreign_keys if (found := _referred(key)) is not None]
        if len(column.foreign_keys) == 1 and parents and parents[0] is not table:
            parent = guesses.get(parents[0])
            if parent is not None and parent.rules:
                return Guess(
                    model,
                    (f"through({model.column(column.name)})",),
                    (f"Everybody who reads a row of {parent.model.table.name} reads its rows here. Who writes them?",),
                    None if _indexed(table, column) else column.name,
                    imports=frozenset({"through"}),
                )
    return None


def _referred(key: ForeignKey) -> Table | None:
    try:
        return key.column.table
    except SQLAlchemyError:  # a table that no model declares
        return None


def _asked(model: Model) -> Guess:
    return Guess(
        model,
        questions=(
            f"Who may read or write {model.table.name}? Nobody but the server, until a rule says so; for example",
            'allow("select", to=authenticated), or member(…), or owner(…): docs/cookbook.md has designs.',
        ),
    )


def _indexed(table: Table, column: Column[object]) -> bool:
    keys = [one for one in table.constraints if isinstance(one, PrimaryKeyConstraint | UniqueConstraint)]
    return any(next(iter(one.columns), None) is column for one in (*table.indexes, *keys))


def _secrets(table: Table) -> tuple[str, ...]:
    compared = {column.name for column in table.columns if column.primary_key or column.foreign_keys}
    return tuple(column.name for column in table.columns if is_secret(column.name) and column.name not in compared)


def _declarable(guess: Guess, table: Table) -> Guess:
    """Return a guess that the language takes: as it is, else for reading alone, else as a question."""
    guess = replace(guess, hidden=_secrets(table) if guess.rules else ())
    if guess.index is not None:
        Index(None, table.columns[guess.model.attribute(guess.index)])
    refused = _refused(guess, table)
    if refused is None:
        return guess
    reason = f"{', '.join(guess.rules)} is refused: {refused.message.partition(': ')[2] or refused.message}."
    asked = (reason, refused.hint)
    reading = replace(guess, rules=tuple(f'{one.removesuffix(")")}, "select")' for one in guess.rules), questions=asked)
    return reading if _refused(reading, table) is None else replace(_asked(guess.model), questions=asked)


def _refused(guess: Guess, table: Table) -> DeclarationError | None:
    try:
        with declaring():
            protect(table, *(_rule(written, table) for written in guess.rules), hide=guess.hidden)
    except DeclarationError as error:
        return error
    return None


def _rule(written: str, table: Table) -> Rule:
    word, _, arguments = written.removesuffix(")").partition("(")
    column, _, command = arguments.partition(", ")
    commands: tuple[Command, ...] = ("select",) if command else ()
    found = table.columns[column.rpartition(".")[2]]
    return owner(found, *commands) if word == "owner" else through(found, *commands)
