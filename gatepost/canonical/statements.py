"""The SQL of stand-ins for tables, types and functions, so that expressions that name them parse.

Whatever a database says of itself is put in as an identifier, a literal, or text that was found to be one expression.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from gatepost import sql
from gatepost.canonical.vocabulary import Argument, Cast, MadeType, Operator, Signature
from gatepost.schema import Policy

Typed = Callable[[str], str]
"""Returns how a type is written where stand-ins are made."""

_SYMBOL = re.compile(r"[-+*/<>=~!@#%^&|`?]+")
_MODES = {"i": "", "b": "INOUT ", "v": "VARIADIC ", "o": "OUT ", "t": "OUT "}
_CONTEXTS = {"i": " AS IMPLICIT", "a": " AS ASSIGNMENT", "e": ""}
_NOTHING = "LANGUAGE plpgsql AS 'BEGIN END'"
"""The body of every function here: nothing of the live one."""


def create_policy(name: str, policy: Policy, relation: str, using: str | None, check: str | None) -> str:
    """Return the statement that makes PostgreSQL parse a policy's expressions, for nobody in particular.

    Args:
        name: The new policy's name.
        policy: Whose command it is for.
        relation: The table that carries it, qualified and quoted.
        using: The expression after USING.
        check: The expression after WITH CHECK.
    """
    parts = [f"CREATE POLICY {sql.identifier(name)} ON {relation} FOR {policy.command}"]
    for clause, text in (("USING", using), ("WITH CHECK", check)):
        if text is not None:
            # The line break ends a comment that an author's text() may close with.
            parts.append(f"{clause} ({text}\n)")
    return " ".join(parts)


def create_type(made: MadeType, typed: Typed) -> str:
    """Return the statement for a type; one with code of its own becomes a composite type without attributes.

    Nothing but itself can be cast to such a type, so that what depends on its code is refused and never misread.
    """
    name = sql.qualified(made.schema, made.name)
    if made.kind == "enum":
        return f"CREATE TYPE {name} AS ENUM ({', '.join(map(sql.literal, made.labels))})"
    if made.kind == "domain" and made.base is not None:
        return f"CREATE DOMAIN {name} AS {typed(made.base)}"
    if made.kind == "range" and made.base is not None:
        many = f", multirange_type_name = {sql.qualified(made.schema, made.multirange)}" if made.multirange else ""
        return f"CREATE TYPE {name} AS RANGE (subtype = {typed(made.base)}{many})"
    attributes = ", ".join(f"{sql.identifier(column)} {typed(type_)}" for column, type_ in made.attributes)
    return f"CREATE TYPE {name} AS ({attributes})"


def create_function(signature: Signature, typed: Typed) -> str:
    """Return the statement for a function that is called like the live one and does nothing."""
    given = [argument for argument in signature.arguments if argument.mode in "ibv"]
    optional = {id(argument) for argument in given[len(given) - signature.defaults :]}
    arguments = ", ".join(_argument(one, typed, optional=id(one) in optional) for one in signature.arguments)
    returns = f"{'SETOF ' if signature.returns_set else ''}{typed(signature.returns)}"
    return (
        f"CREATE FUNCTION {sql.qualified(signature.schema, signature.name)} ({arguments}) RETURNS {returns} {_NOTHING}"
    )


def _argument(argument: Argument, typed: Typed, *, optional: bool) -> str:
    name = f"{sql.identifier(argument.name)} " if argument.name else ""
    return f"{_MODES[argument.mode]}{name}{typed(argument.type)}{' DEFAULT NULL' if optional else ''}"


def create_operator(operator: Operator, number: int, typed: Typed) -> tuple[str, ...]:
    """Return the statements for an operator and the function behind it; none for a symbol that cannot be one."""
    if not _SYMBOL.fullmatch(operator.name):
        return ()
    function = sql.qualified(operator.schema, f"gatepost operator {number}")
    sides = [
        (side, typed(type_)) for side, type_ in (("LEFTARG", operator.left), ("RIGHTARG", operator.right)) if type_
    ]
    arguments = ", ".join(type_ for _, type_ in sides)
    takes = ", ".join(f"{side} = {type_}" for side, type_ in sides)
    return (
        f"CREATE FUNCTION {function} ({arguments}) RETURNS {typed(operator.result)} {_NOTHING}",
        f"CREATE OPERATOR {sql.identifier(operator.schema)}.{operator.name} (FUNCTION = {function}, {takes})",
    )


def create_cast(cast: Cast, function: str, typed: Typed) -> tuple[str, ...]:
    """Return the statements for a cast and, unless it goes through text, the function of that name behind it."""
    source, target = typed(cast.source), typed(cast.target)
    how = "INOUT" if cast.by_text else f"FUNCTION {function} ({source})"
    made = f"CREATE CAST ({source} AS {target}) WITH {how}{_CONTEXTS[cast.context]}"
    if cast.by_text:
        return (made,)
    return (f"CREATE FUNCTION {function} ({source}) RETURNS {target} {_NOTHING}", made)
