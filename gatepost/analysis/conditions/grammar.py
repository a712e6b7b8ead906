"""Parse SQL with PostgreSQL's own grammar, through libpg_query, and normalise its names.

`pgparse` (BSD) carries the grammar of PostgreSQL 17; it has wheels for Linux and for macOS on ARM. Its limits were
measured: a chain of 100,000 operators ends the process, and a tree that is nested 300 deep overflows Python's stack.
Text that is long or deeply nested is therefore never passed to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any


class NotUnderstood(Exception):
    """SQL that could not be parsed. The message is the reason."""


MAX_LENGTH = 64 * 1024
MAX_DEPTH = 100

Node = Mapping[str, Any]
"""One node of a parse tree: a dictionary with one key, the node's kind, and its fields as the value."""

_TYPES = {
    "bool": "boolean",
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "float4": "real",
    "float8": "double precision",
    "varchar": "character varying",
    "bpchar": "character",
    "timestamptz": "timestamp with time zone",
    "timestamp": "timestamp without time zone",
    "timetz": "time with time zone",
    "time": "time without time zone",
    "varbit": "bit varying",
}
"""The names that `format_type` prints for types with another name in the catalog."""


@cache
def available() -> bool:
    """Return whether PostgreSQL's grammar is available on this machine."""
    from importlib.util import find_spec

    return find_spec("pgparse") is not None


def statements(text: str) -> list[Node]:
    """Return the statements of an SQL text as parse trees.

    Args:
        text: The SQL.

    Raises:
        NotUnderstood: the text is no SQL of PostgreSQL 17, or too long or too deeply nested to be parsed.
    """
    import pgparse

    refuse_excess(text)
    try:
        return [one["stmt"] for one in pgparse.parse(text)]
    except pgparse.PGQueryError as error:
        raise NotUnderstood(str(error).partition("\n")[0]) from None
    except RecursionError:
        raise NotUnderstood("it is nested too deeply") from None


def expression(text: str) -> Node:
    """Return one expression as a parse tree.

    Args:
        text: The expression, as `pg_get_expr` prints it.

    Raises:
        NotUnderstood: as `statements`, or the text holds more than an expression.
    """
    found = statements(f"SELECT ({text}\n)")
    select = found[0].get("SelectStmt", {}) if len(found) == 1 else {}
    targets = select.get("targetList", [])
    if len(targets) != 1 or set(select) - {"targetList", "limitOption", "op"} or "name" in targets[0]["ResTarget"]:
        raise NotUnderstood("it is more than an expression")
    value: Node = targets[0]["ResTarget"]["val"]
    return value


def routine_body(text: str) -> list[Node]:
    """Return the statements of a body that PostgreSQL parsed when the function was created.

    Args:
        text: The body, as `pg_get_function_sqlbody` prints it: `RETURN …` or `BEGIN ATOMIC … END`.

    Raises:
        NotUnderstood: as `statements`.
    """
    body = statements(f"CREATE FUNCTION f() {text}")[0]["CreateFunctionStmt"]["sql_body"]
    if "List" not in body:
        return [body]
    return [one for part in body["List"]["items"] if part for one in part["List"]["items"]]


def refuse_excess(text: str) -> None:
    """Refuse a text that the grammar's library may not survive.

    Raises:
        NotUnderstood: the text is too long or too deeply nested.
    """
    if len(text) > MAX_LENGTH:
        raise NotUnderstood(f"it is longer than {MAX_LENGTH // 1024} KB")
    depth = deepest = 0
    for character in text:
        depth += (character in "([") - (character in ")]")
        deepest = max(deepest, depth)
    if max(deepest, text.upper().count("CASE ")) > MAX_DEPTH:
        raise NotUnderstood(f"it is nested more than {MAX_DEPTH} deep")


def kind_of(node: Node) -> tuple[str, Node]:
    """Return the kind of a node, and its fields."""
    ((kind, fields),) = node.items()
    return kind, fields


def strings(nodes: Iterable[Node]) -> tuple[str, ...]:
    """Return the parts of a qualified name; a star is `*`."""
    return tuple("*" if "A_Star" in node else str(node["String"].get("sval", "")) for node in nodes)


def qualified(nodes: Iterable[Node]) -> tuple[str, str]:
    """Return a name as (schema, name). PostgreSQL's own names have no schema."""
    parts = strings(nodes)
    schema = parts[-2] if len(parts) > 1 else ""
    return ("" if schema == "pg_catalog" else schema, parts[-1])


def type_name(node: Node) -> str:
    """Return a type as `format_type` prints it."""
    schema, name = qualified(node["names"])
    plain = f"{schema}.{name}" if schema else _TYPES.get(name, name)
    sizes = [constant(one["A_Const"]) for one in node.get("typmods", ()) if "A_Const" in one]
    if sizes and name != "interval":
        size = f"({','.join(map(str, sizes))})"
        first, space, rest = plain.partition(" ")
        timed = first in ("timestamp", "time")
        plain = f"{first}{size}{space}{rest}" if timed else f"{plain}{size}"
    return plain + "[]" * len(node.get("arrayBounds", ()))


def constant(node: Node) -> str | bool | int | None:
    """Return a literal's value. A number that is not an integer stays text."""
    if node.get("isnull"):
        return None
    if "ival" in node:
        return int(node["ival"].get("ival", 0))
    if "boolval" in node:
        return bool(node["boolval"].get("boolval", False))
    if "fval" in node:
        text = str(node["fval"]["fval"])
        return int(text) if text.lstrip("-").isdigit() else text
    if "sval" in node:
        return str(node["sval"].get("sval", ""))
    return str(node.get("bsval", {}).get("bsval", ""))
