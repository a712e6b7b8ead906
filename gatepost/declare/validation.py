"""Check what an author wrote; every function here raises an error with the line that fixes it, or passes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Table, UniqueConstraint
from sqlalchemy.exc import SQLAlchemyError

from gatepost.declare.declaration import Rule
from gatepost.errors import DeclarationError
from gatepost.name_hints import gives_power, is_account
from gatepost.schema import is_platform


def address(column: Column[Any]) -> tuple[str, str, str]:
    """Return the (schema, table, column) of a column."""
    return (column.table.schema or "public", column.table.name, column.name)


def refuse_idle_condition(rule: Rule, call: str) -> None:
    """Refuse a condition that none of the rule's commands evaluates, and a restriction without effect."""
    idle = rule.commands == ("insert",) or (rule.check is None and not rule.for_all)
    if "insert" in rule.commands and rule.where is not None and idle:
        raise DeclarationError(
            f"{call}, where=…) has an insert, and a new row does not exist yet, so where= cannot match it",
            f"{call}, check=…)",
        )
    if rule.check is not None and not set(rule.commands) & {"insert", "update"}:
        raise DeclarationError(
            f"{call}, check=…) writes no new row to check, and would apply to all rows", f"{call}, where=…)"
        )
    if rule.meaning == "restrict":
        for command in rule.commands:
            new = rule.check or (rule.where if rule.for_all else None)  # FOR ALL checks new rows by USING
            evaluated = {"insert": (new,), "update": (rule.where, rule.check)}.get(command, (rule.where,))
            if all(one is None or (one.always_true and not one.deliberate) for one in evaluated):
                raise DeclarationError(
                    f"{call}) takes nothing away from {command}",
                    f'restrict("{command}", …, where=…) says which rows remain accessible',
                )


def writes_everything(rule: Rule) -> bool:
    """Return whether a role that any token can have could write every row; for other roles it may be intended."""
    if not set(rule.roles) & {"anon", "authenticated", "public"}:
        return False
    every_old = rule.where is None or (rule.where.always_true and not rule.where.deliberate)
    new = rule.check or rule.where
    every_new = new is None or (new.always_true and not new.deliberate)
    return (
        ("insert" in rule.commands and every_new)
        or ("update" in rule.commands and (every_old or every_new))
        or ("delete" in rule.commands and every_old)
    )


def parent_of(column: Column[Any]) -> tuple[str, str, str]:
    """Return the column that a foreign key refers to; refuse a column that does not name one parent."""
    name = f"{column.table.name}.{column.name}"
    keys = list(column.foreign_keys)
    if len(keys) != 1:
        raise DeclarationError(
            f'through() needs a column with one foreign key, and "{name}" has {len(keys)}',
            f"owner({column.table.name}.…) or allow(…, where=…)",
        )
    constraint = keys[0].constraint
    if constraint is not None and len(constraint.elements) > 1:
        raise DeclarationError(
            f'"{name}" is one column of a foreign key of {len(constraint.elements)}, so it does not name one parent',
            "allow(…, where=exists().where(Parent.a == Child.a, Parent.b == Child.b))",
        )
    try:
        return address(keys[0].column)
    except SQLAlchemyError as error:
        raise DeclarationError(
            f'"{name}" refers to "{keys[0].target_fullname}", which no imported model declares',
            "import the parent's model in the same file",
        ) from error


def check_rule(rule: object, schema: str, name: str, table: Table | None) -> None:
    """Refuse what is not a rule, or is a rule about another table."""
    if not isinstance(rule, Rule):
        raise DeclarationError(f"{rule!r} is not a rule", "owner(…), through(…), member(…), allow(…) or restrict(…)")
    for leaf in rule.leaves:
        if leaf.column is not None and leaf.column[:2] != (schema, name):
            other, column = leaf.column[1:]
            raise DeclarationError(
                f'{leaf.meaning}() on "{name}" names the column "{column}" of "{other}"',
                f"{leaf.meaning}({getattr(table, 'name', name)}.…)",
            )


def check_columns(table: Table | None, name: str, columns: tuple[str, ...]) -> None:
    """Refuse a column that the table does not have."""
    known = [column.name for column in table.columns] if table is not None else columns
    for column in columns:
        if column not in known:
            raise DeclarationError(f'"{name}" has no column "{column}"', f"one of {', '.join(known)}")


def check_platform(schema: str, name: str, rules: tuple[Rule, ...], hidden: tuple[str, ...]) -> None:
    """Refuse grants on a table of the platform."""
    if is_platform(schema) and (hidden or any(rule.columns for rule in rules)):
        raise DeclarationError(
            f'"{schema}.{name}" is the platform\'s, whose grants cannot be declared: hide= and columns= are grants',
            "limit the rows with where= instead",
        )


def check_forced(forced: bool, schema: str, name: str, as_found: bool) -> None:
    """Refuse `forced=` where row security is not ours to switch, or is described already."""
    if forced:
        return
    if is_platform(schema):
        raise DeclarationError(
            f'"{schema}.{name}" is the platform\'s, whose row security stays as it is', "leave forced= out"
        )
    if as_found:
        raise DeclarationError(f'as_found(…) says whether "{schema}.{name}" is forced', "found=as_found(…, forced=…)")


def refuse_unnamed_power(rule: Rule, table: Table | None, hidden: tuple[str, ...]) -> None:
    """Refuse a rule by which users write columns that give them power, unless `columns=` says which they write.

    A name proves nothing, so a column that is named is accepted.
    """
    written = [command for command in rule.commands if command in ("insert", "update")]
    users = set(rule.roles) & {"anon", "authenticated", "public"}
    if table is None or rule.meaning == "restrict" or rule.columns or not written or not users:
        return
    own = is_account(table.name) or any(
        leaf.meaning == "owner" and leaf.column is not None and _identifies_a_row(table, leaf.column[2])
        for leaf in rule.leaves
    )
    named = [column.name for column in table.columns if column.name not in hidden]
    powerful = [name for name in named if gives_power(name, own)]
    if not powerful:
        return
    others = ", ".join(f'"{name}"' for name in named if name not in powerful)
    call = rule.meaning if not rule.parts else "a joined rule"
    commands = ", ".join(f'"{command}"' for command in written)
    raise DeclarationError(
        f'{call}() on "{table.name}" lets a user {" and ".join(written)} '
        + " and ".join(f'"{name}"' for name in powerful)
        + ", which may give power over others or over what is paid for",
        f"{call}(…, {commands}, columns=({others}))  # and the other commands in a rule without columns=",
    )


def _identifies_a_row(table: Table, column: str) -> bool:
    """Return whether a value of a column occurs in one row only."""
    keys = [table.primary_key, *(found for found in table.constraints if isinstance(found, UniqueConstraint))]
    unique = [[found.name for found in key.columns] for key in keys]
    unique += [[found.name for found in index.columns] for index in table.indexes if index.unique]
    return [column] in unique
