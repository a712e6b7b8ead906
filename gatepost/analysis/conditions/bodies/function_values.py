"""The body of a function as one term, read by PostgreSQL's own grammar.

Where the grammar has no wheel (`grammar.available`), no body is followed: it is Unknown.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from gatepost import sql
from gatepost.analysis.conditions import grammar
from gatepost.analysis.conditions.bodies import control_flow
from gatepost.analysis.conditions.bodies.statements import expression_of
from gatepost.analysis.conditions.from_grammar import Reader
from gatepost.analysis.conditions.grammar import NotUnderstood
from gatepost.analysis.conditions.terms import (
    TRUE,
    OncePerStatement,
    Scalar,
    Select,
    Term,
    Unknown,
)
from gatepost.schema import Function

Columns = Callable[[tuple[str, str]], frozenset[str] | None]
Relation = Callable[[str], tuple[str, str]]
Tokens = list[sql.Token]


def as_term(function: Function, columns: Columns, relation: Relation) -> Term:
    """Return what a function returns as a term over its parameters.

    Args:
        function: The function.
        columns: The columns of a relation.
        relation: The relation that a name without a schema means in the body.
    """
    if not grammar.available():
        return Unknown(str(function))
    reader = _Reader(function, columns, relation)
    try:
        if function.language == "plpgsql":
            return control_flow.value(function, reader.grammar_reader())[0]
        if function.language == "sql":
            return reader.sql_body(function.body)
    except (NotUnderstood, RecursionError):
        return Unknown(str(function), tuple(reader.selects))
    return Unknown(str(function))


def as_piece(function: Function, text: str, columns: Columns, relation: Relation) -> Term:
    """Return one statement or expression of a body as a term over its variables.

    Args:
        function: The function.
        text: The SQL; of an UPDATE or DELETE the rows that it chooses are told, of an INSERT those that it selects.
        columns: The columns of a relation.
        relation: The relation that a name without a schema means in the body.

    Raises:
        NotUnderstood: the parser does not know it.
    """
    if not grammar.available():
        raise NotUnderstood("PostgreSQL's grammar is not installed")
    reader = _Reader(function, columns, relation).grammar_reader()
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


@dataclass
class _Reader:
    function: Function
    columns: Columns
    relation: Relation
    selects: list[Term] = field(default_factory=list)

    def grammar_reader(self) -> Reader:
        """Return what turns parse trees of the body into terms."""
        return Reader(f"{self.function.name}:", self.columns, self.relation, self.function.name)

    def parsed(self, text: str, select: bool = False) -> Term:
        """Parse one expression or, where `select` is asked for, one SELECT."""
        statement = _is_statement(text)
        trees = grammar.statements(text if statement else f"SELECT {text}")
        if len(trees) != 1 or "SelectStmt" not in trees[0]:
            raise NotUnderstood(text)
        read = self.grammar_reader().select(trees[0])
        read = read if select and statement else expression_of(read)
        if isinstance(read, Select | Scalar):
            self.selects.append(read)
        return read

    def sql_body(self, text: str) -> Term:
        """Return what the last statement of an SQL function selects."""
        plain = _without_comments(text).strip()
        word = plain.partition(" ")[0].partition("\n")[0].upper()
        if word == "RETURN":
            return self.parsed(plain[len("RETURN") :].rstrip("; \n"))
        if word == "BEGIN":
            plain = plain[len("BEGIN ATOMIC") :].strip().removesuffix("END")
        statements = [_text(one) for one in _split(sql.tokens(plain)) if _text(one)]
        if len(statements) != 1:
            self.rest(sql.tokens(plain))
            raise NotUnderstood("more than one statement")
        return _value(self.parsed(statements[0], select=True))

    def rest(self, tokens: Tokens) -> None:
        """Read the selects of a body that is not understood as a whole."""
        for statement in _split(tokens):
            names = [token.name for token in statement]
            if "select" not in names:
                continue
            text = _text(statement[names.index("select") :])
            try:
                self.parsed(text, select=True)
            except NotUnderstood:
                continue


def _value(found: Term) -> Term:
    if isinstance(found, Select) and not found.sources and not found.others and len(found.outputs) == 1:
        return OncePerStatement(found.outputs[0])
    return found


def _split(tokens: Tokens) -> list[Tokens]:
    """Cut at each semicolon."""
    found: list[Tokens] = [[]]
    for token in tokens:
        if token.kind == "other" and token.text == ";":
            found.append([])
        else:
            found[-1].append(token)
    return [one for one in found if any(token.kind != "space" for token in one)]


def _text(tokens: Tokens) -> str:
    return "".join(token.text for token in tokens).strip()


def _without_comments(text: str) -> str:
    return "".join(" " if token.kind == "comment" else token.text for token in sql.tokens(text))
