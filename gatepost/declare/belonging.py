"""Rules that say whose a row is: its `owner`, the readers of its parent, the members of its team."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, and_, or_, select

from gatepost.auth import Role, authenticated, uid
from gatepost.declare.arguments import column_names, for_all, model_column, role_names, row_commands
from gatepost.declare.declaration import Rule
from gatepost.declare.expression import expression
from gatepost.declare.source_location import refuse_python_logic, with_source_location
from gatepost.declare.validation import address, parent_of
from gatepost.errors import DeclarationError
from gatepost.schema import COMMANDS, Command


@with_source_location
def owner(
    column: object,
    *commands: Command,
    to: Role | Iterable[Role] = authenticated,
    columns: Iterable[object] = (),
    name: str | None = None,
    per_row: bool = False,
    with_check: bool | None = None,
) -> Rule:
    """Declare that a row belongs to the user whose id is in `column`.

    Args:
        column: The model's column with the user's id, as uuid or as text.
        commands: What its owner may do; without any, everything. `"all"` is one policy FOR ALL.
        to: The role of signed-in users.
        columns: The only columns that the rule grants.
        name: The policy's name; by default `table_command_owner`.
        per_row: Read the user's id for each row, as a policy does that stays as it was found; see `as_found`.
        with_check: Whether the policy restates its rows as WITH CHECK; by default, one for "update" alone does.

    Raises:
        DeclarationError: the column is not a column.
    """
    return Rule(
        "owner",
        row_commands(commands) or COMMANDS,
        role_names(to),
        column=address(model_column(column, "owner")),
        columns=column_names(columns),
        name=name,
        for_all=for_all(commands),
        per_row=per_row,
        with_check=with_check,
    )


@with_source_location
def through(
    foreign_key: object,
    *commands: Command,
    by: object = None,
    to: Role | Iterable[Role] = authenticated,
    columns: Iterable[object] = (),
    name: str | None = None,
) -> Rule:
    """Declare that everybody who can read the parent can access the row; the parent's row security filters it.

    Everybody who can read the parent has the commands on all of its children. Without commands, that is only reading.
    Otherwise many readers of one parent could change and delete each other's rows. With `by`, only those readers have
    them whom it names: `through(Note.book_id, "select", "update", by=owner(Book.user_id))`.

    Args:
        foreign_key: The model's column that refers to the parent.
        commands: What readers of a parent may do with its children; without any, `"select"`.
        by: A rule without commands, or a condition, over the parent's columns.
        to: The role of signed-in users.
        columns: The only columns that the rule grants.
        name: The policy's name; by default `table_command_through`.

    Raises:
        DeclarationError: the column is not a foreign key, or refers to its own table, or `by` is not about the parent.
    """
    column = model_column(foreign_key, "through")
    child = address(column)
    parent = parent_of(column)
    if parent[:2] == child[:2]:
        raise DeclarationError(
            f'"{child[1]}" cannot be visible through itself: its policy would read itself without end',
            "keep the owner's id on every row and write owner(…)",
        )
    whose = None if by is None else expression(_children_of(column, by), "by")
    return Rule(
        "through",
        row_commands(commands) or ("select",),
        role_names(to),
        whose,
        column=child,
        parent=parent,
        columns=column_names(columns),
        name=name,
        for_all=for_all(commands),
    )


@with_source_location
def member(
    column: object,
    *commands: Command,
    of: object,
    user: object,
    where: object = None,
    to: Role | Iterable[Role] = authenticated,
    columns: Iterable[object] = (),
    name: str | None = None,
) -> Rule:
    """Declare that the members of a row's team can access it: `member(Project.team_id, of=Membership.team_id, …)`.

    Every member has the commands on all rows of the team. Without commands, that is only reading. The policy reads the
    membership table as the caller, who must be able to read the own memberships there.

    Args:
        column: The model's column with the team.
        commands: What a member may do; without any, `"select"`.
        of: The membership table's column with the team.
        user: The membership table's column with the user's id.
        where: Which memberships count: a condition over the membership table's columns.
        to: The role of signed-in users.
        columns: The only columns that the rule grants.
        name: The policy's name; by default `table_command_member`.

    Raises:
        DeclarationError: the columns of the membership are not of one table, or it is the protected table itself.
    """
    refuse_python_logic()
    team, group, person = (
        model_column(found, f"member({argument})") for found, argument in ((column, "…"), (of, "of="), (user, "user="))
    )
    if group.table is not person.table:
        raise DeclarationError(
            f'member() takes of= from "{group.table.name}" and user= from "{person.table.name}"',
            f"name two columns of one membership table: of={group.table.name}.…, user={group.table.name}.…",
        )
    memberships: Select[Any] = select(group).where(person == uid())
    if where is not None:
        memberships = memberships.where(expression(where, "where").clause)  # type: ignore[arg-type]
    return Rule(
        "member",
        row_commands(commands) or ("select",),
        role_names(to),
        expression(team.in_(memberships), "member"),
        column=address(team),
        columns=column_names(columns),
        name=name,
        for_all=for_all(commands),
    )


def _children_of(foreign_key: Column[Any], by: object) -> ColumnElement[bool]:
    """Return the condition that a row's parent is one of those that `by` names."""
    parent = next(iter(foreign_key.foreign_keys)).column
    if isinstance(by, Rule):
        _refuse_own_commands(by)
        strangers = [leaf.column for leaf in by.leaves if leaf.column and leaf.column[:2] != address(parent)[:2]]
        if strangers:
            raise DeclarationError(
                f'by= names the column "{strangers[0][2]}" of "{strangers[0][1]}", and the parent is'
                f' "{parent.table.name}"',
                f"by={by.leaves[0].meaning}({parent.table.name}.…)",
            )
        condition = _clause(by, parent)
    else:
        condition = expression(by, "by").clause
    return foreign_key.in_(select(parent).where(condition))


def _refuse_own_commands(by: Rule) -> None:
    default = COMMANDS if by.leaves[0].meaning == "owner" else ("select",)
    if by.commands != default or by.for_all or by.columns or by.name is not None:
        raise DeclarationError(
            "the rule after by= takes neither commands, columns nor a name, because through() has them",
            f'through(…, "select", "update", by={by.leaves[0].meaning}(…))',
        )


def _clause(rule: Rule, of: Column[Any]) -> Any:  # noqa: ANN401  a condition as SQLAlchemy holds it
    """Return the condition of a rule on the table of a column."""
    if rule.parts:
        return (or_ if rule.meaning == "any" else and_)(*(_clause(part, of) for part in rule.parts))
    if rule.where is not None:
        return rule.where.clause
    assert rule.column is not None  # noqa: S101  owner() and through() set it
    column = of.table.columns[rule.column[2]]
    if rule.meaning == "owner":
        return column == uid()
    return column.in_(select(next(iter(column.foreign_keys)).column))
