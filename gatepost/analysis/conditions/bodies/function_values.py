"""The body of a function as one term, read by PostgreSQL's own grammar.

Where the grammar has no wheel (`grammar.available`), no body is followed: it is Unknown.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from gatepost.analysis.conditions import grammar
from gatepost.analysis.conditions.bodies import control_flow
from gatepost.analysis.conditions.from_grammar import Reader
from gatepost.analysis.conditions.grammar import NotUnderstood
from gatepost.analysis.conditions.terms import TRUE, OncePerStatement, Select, Term, Unknown
from gatepost.schema import Function

Columns = Callable[[tuple[str, str]], frozenset[str] | None]
Relation = Callable[[str], tuple[str, str]]


def as_term(function: Function, columns: Columns, relation: Relation) -> Term:
    """Return what a function returns as a term over its parameters.

    Args:
        function: The function.
        columns: The columns of a relation.
        relation: The relation that a name without a schema means in the body.
    """
    if not grammar.available():
        return Unknown(str(function))
    reader = _reader(function, columns, relation)
    try:
        if function.language == "plpgsql":
            return control_flow.value(function, reader)[0]
        if function.language == "sql":
            return _sql_value(function, reader)
    except (NotUnderstood, RecursionError):
        return Unknown(str(function))
    return Unknown(str(function))


def as_piece(function: Function, text: str, columns: Columns, relation: Relation) -> Term:
    """Return one statement or expression of a body as a term over its variables.

    Args:
        function: The function.
        text: The SQL; an UPDATE or DELETE stands for the rows that it chooses, an INSERT for those that it selects.
        columns: The columns of a relation.
        relation: The relation that a name without a schema means in the body.

    Raises:
        NotUnderstood: the parser does not know it.
    """
    if not grammar.available():
        raise NotUnderstood("PostgreSQL's grammar is not installed")
    reader = _reader(function, columns, relation)
    parsed = grammar.statements(text if _is_statement(text) else f"SELECT {text}")
    if len(parsed) != 1:
        raise NotUnderstood("it is more than one statement")
    kind, of = grammar.kind_of(parsed[0])
    if kind in ("UpdateStmt", "DeleteStmt"):
        beside = of.get("fromClause", of.get("usingClause", []))
        where = {"whereClause": of["whereClause"]} if "whereClause" in of else {}
        return reader.select({"SelectStmt": {"fromClause": [{"RangeVar": of["relation"]}, *beside], **where}})
    if kind == "InsertStmt":
        select = of.get("selectStmt", {})
        return reader.select(select) if select and "valuesLists" not in select["SelectStmt"] else TRUE
    if kind != "SelectStmt":
        raise NotUnderstood(kind)
    found = reader.select(parsed[0])
    if _is_statement(text) or not isinstance(found, Select) or found.sources or len(found.outputs) != 1:
        return found
    return found.outputs[0]


def _is_statement(text: str) -> bool:
    return re.match(r"[(\s]*(select|update|delete|insert|with|values)\b", text, re.IGNORECASE) is not None


def _reader(function: Function, columns: Columns, relation: Relation) -> Reader:
    """Return what turns parse trees of the body into terms."""
    return Reader(f"{function.name}:", columns, relation, function.name)


def _sql_value(function: Function, reader: Reader) -> Term:
    """Return what the statement of an SQL function selects. Several are not followed, but what they select is kept."""
    statements = grammar.routine_body(function.body) if function.parsed else grammar.statements(function.body)
    if len(statements) != 1:
        return Unknown(str(function), tuple(reader.select(one) for one in statements))
    kind, of = grammar.kind_of(statements[0])
    if kind == "ReturnStmt":
        return reader.term(of["returnval"])
    if kind != "SelectStmt":
        raise NotUnderstood(kind)
    found = reader.select(statements[0])
    if isinstance(found, Select) and not found.sources and not found.others and len(found.outputs) == 1:
        return OncePerStatement(found.outputs[0])
    return found
