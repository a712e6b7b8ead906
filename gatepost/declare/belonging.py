"""Rules that say whose a row is: its `owner`, the readers of its parent, the members of its team."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, get_args

from sqlalchemy import Column, ColumnElement, and_, literal_column, or_, select
from sqlalchemy.sql.util import ClauseAdapter

from gatepost.auth import Role, authenticated, uid
from gatepost.declare.arguments import column_names, for_all, model_column, role_names, row_commands
from gatepost.declare.declaration import Rule
from gatepost.declare.expression import expression
from gatepost.declare.source_location import refuse_python_logic, with_source_location
from gatepost.declare.validation import address, parent_of
from gatepost.errors import DeclarationError
from gatepost.schema import COMMANDS, Command

Shape = Literal["array", "in", "exists"]
"""How a policy looks into another table: `= ANY (ARRAY(SELECT …))`, which uses an index, `IN (SELECT …)` or EXISTS."""


@with_source_location
def owner(
    column: object,
    *commands: Command,
    to: Role | Iterable[Role] = authenticated,
    columns: Iterable[object] = (),
    name: str | None = None,
    per_row: bool = False,
    column_first: bool = False,
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
        column_first: Write `column = auth.uid()`, which means the same, as such a policy does.
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
        column_first=column_first,
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
    shape: Shape = "array",
    alias: str | None = None,
    with_check: bool | None = None,
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
        shape: How the policy looks for the parent. `"in"` and `"exists"` are slower, and for a policy that stays as it
            was found; see `as_found`.
        alias: What such a policy calls the parent.
        with_check: See `allow`.

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
    derived = by is None and shape == "array"
    whose = None if derived else expression(_children_of(column, by, shape, alias), "by")
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
        with_check=with_check,
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
    shape: Shape = "array",
    alias: str | None = None,
    per_row: bool = False,
    with_check: bool | None = None,
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
        shape: How the policy looks for the membership; see `through`.
        alias: What such a policy calls the membership table.
        per_row: See `owner`.
        with_check: See `allow`.

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
    mine = person == uid(per_row=per_row)
    counted: Any = mine if where is None else and_(mine, expression(where, "where").clause)  # type: ignore[arg-type]
    return Rule(
        "member",
        row_commands(commands) or ("select",),
        role_names(to),
        expression(_found_in(team, group, counted, shape, alias), "member"),
        column=address(team),
        columns=column_names(columns),
        name=name,
        for_all=for_all(commands),
        with_check=with_check,
    )


def _children_of(foreign_key: Column[Any], by: object, shape: Shape, alias: str | None) -> ColumnElement[bool]:
    """Return the condition that a row's parent is one of those that `by` names."""
    parent = next(iter(foreign_key.foreign_keys)).column
    condition: Any = None
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
    elif by is not None:
        condition = expression(by, "by").clause
    return _found_in(foreign_key, parent, condition, shape, alias)


def _found_in(
    column: Column[Any],
    inner: Column[Any],
    condition: Any,  # noqa: ANN401  a condition as SQLAlchemy holds it, or None
    shape: Shape,
    alias: str | None,
) -> ColumnElement[bool]:
    """Return the condition that the value of a column stands in another table, in a row that meets a condition."""
    if shape not in get_args(Shape):
        raise DeclarationError(f'"{shape}" is no shape of a policy', ", ".join(map(repr, get_args(Shape))))
    if alias is not None:
        named = inner.table.alias(alias)
        condition = ClauseAdapter(named).traverse(condition) if condition is not None else None
        inner = named.columns[inner.key]
    conditions = [] if condition is None else [condition]
    if shape == "exists":
        return select(literal_column("1")).select_from(inner.table).where(inner == column, *conditions).exists()
    query = select(inner).where(*conditions)
    return column.in_(query) if shape == "array" else column.op("IN")(query.scalar_subquery())


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
        return column == uid(per_row=rule.per_row)
    return column.in_(select(next(iter(column.foreign_keys)).column))
