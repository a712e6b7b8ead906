"""Single statements of a PL/pgSQL body: what they do to its variables, and the selects in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gatepost.analysis.conditions.from_grammar import Reader
from gatepost.analysis.conditions.grammar import Node, NotUnderstood, statements
from gatepost.analysis.conditions.rewrite import rebuilt
from gatepost.analysis.conditions.terms import (
    NULL,
    TRUE,
    Column,
    Const,
    Exists,
    IsNull,
    Items,
    Not,
    OncePerStatement,
    Param,
    Scalar,
    Select,
    Term,
    Unknown,
    disjunction,
)
from gatepost.schema import Function

Values = dict[str, Term]
_LOOPS_OVER_ROWS = frozenset(f"PLpgSQL_stmt_{kind}" for kind in "fori fors forc dynfors foreach_a".split())
SET_FOUND = _LOOPS_OVER_ROWS | {f"PLpgSQL_stmt_{kind}" for kind in "perform execsql fetch return_query".split()}
"""The statements that set FOUND (PostgreSQL's documentation, 41.5.5)."""


@dataclass
class Statements:
    """Reads the statements of one PL/pgSQL function.

    Args:
        function: The function.
        reader: Turns expressions and statements of the body into terms.
        selects: Every select that was read on the way.
        steps: How many statements were read on all paths together.
        variables: The names of the variables in the parser's order: GET DIAGNOSTICS gives only their numbers.
        unclear: The names that mean two variables.
    """

    function: Function
    reader: Reader
    selects: list[Term] = field(default_factory=list)
    steps: int = 0
    variables: tuple[str, ...] = ()
    unclear: frozenset[str] = frozenset()

    def step(self, kind: str, of: Node, values: Values) -> None:
        """Take in a statement that returns nothing."""
        match kind:
            case "PLpgSQL_stmt_assign":
                query = of["expr"]["PLpgSQL_expr"]["query"]
                name, mark, text = query.partition(":=")
                if not mark:
                    name, _, text = query.partition("=")
                value = Unknown("an element that was changed") if "[" in name else self.text(text, values)
                record, dot, _ = _plain(name).partition(".")
                forget(values, [record], "changed", fields=not dot)
                values[_plain(name)] = value
            case "PLpgSQL_stmt_perform":
                values["found"] = Exists(self.statement(of["expr"], values))
            case "PLpgSQL_stmt_execsql":
                self._execsql(of, values)
            case "PLpgSQL_stmt_dynexecute" | "PLpgSQL_stmt_getdiag" | "PLpgSQL_stmt_fetch" | "PLpgSQL_stmt_call":
                forget(values, self.assigned({kind: of}), "a dynamic statement")
            case "PLpgSQL_stmt_return_next" | "PLpgSQL_stmt_return_query" | "PLpgSQL_stmt_exit":
                raise NotUnderstood(kind)

    def _execsql(self, of: Node, values: Values) -> None:
        text = of["sqlstmt"]["PLpgSQL_expr"]["query"]
        parsed = statements(text)
        names = targets(of.get("target", {}))
        if not parsed or "SelectStmt" not in parsed[0]:
            forget(values, names, "what a statement returns")
            values["found"] = Unknown("whether a statement changed a row")
            return
        select = self.with_values(self.reader.select(parsed[0]), values)
        self.selects.append(select)
        if not of.get("into"):
            return
        forget(values, names, "what a statement returns")
        if not isinstance(select, Select):
            for name in names:
                values[name] = Unknown("what a statement returns", (select,))
                values[f"{name}.*"] = select
            return
        record = "PLpgSQL_rec" in of.get("target", {})
        values["found"] = Const(True, "boolean") if select.aggregated else Exists(select)
        for at, name in enumerate(names):
            if record:
                values[f"{name}.*"] = select
                values[name] = Scalar(select)
            elif at < len(select.outputs):
                values[name] = _one(select, select.outputs[at])
            else:
                values[name] = NULL

    def expression(self, node: Node, values: Values) -> Term:
        """Return an expression as a term in which the variables have their values."""
        return self.text(node["PLpgSQL_expr"]["query"], values)

    def text(self, text: str, values: Values) -> Term:
        """Return the text of an expression as a term."""
        parsed = statements(f"SELECT {text}")
        select = self.reader.select(parsed[0])
        found = expression_of(select)
        if isinstance(found, Scalar):
            self.selects.append(select)
        return self.with_values(found, values)

    def statement(self, node: Node, values: Values) -> Term:
        """Return a query as a term in which the variables have their values."""
        parsed = statements(node["PLpgSQL_expr"]["query"])
        select = self.with_values(self.reader.select(parsed[0]), values)
        self.selects.append(select)
        return select

    def with_values(self, term: Term, values: Mapping[str, Term]) -> Term:
        """Return a term in which the variables have their values."""

        def known(part: Term) -> Term:
            if isinstance(part, IsNull) and isinstance(part.term, Scalar) and _is_record(part.term.select):
                return disjunction(Not(Exists(part.term.select)), Unknown("a row of nulls"))
            if not isinstance(part, Param):
                return part
            if part.name.partition(".")[0] in self.unclear:
                return Unknown("a name that is declared twice")
            if part.name in values:
                return values[part.name]
            record, dot, name = part.name.partition(".")
            return _field(values[f"{record}.*"], name) if dot and f"{record}.*" in values else part

        return rebuilt(term, known)

    def assigned(self, node: Any) -> set[str]:  # noqa: ANN401  a piece of a parse tree
        """Return the variables that are assigned somewhere inside a statement."""
        found: set[str] = set()
        if isinstance(node, dict):
            if "PLpgSQL_stmt_assign" in node:
                query = node["PLpgSQL_stmt_assign"]["expr"]["PLpgSQL_expr"]["query"]
                found.add(_plain(query.partition(":=")[0] if ":=" in query else query.partition("=")[0]))
            numbers = [node[key] for key in ("target", "varno") if isinstance(node.get(key), int)]
            found |= {self.variables[number] for number in numbers} - {""}
            if isinstance(node.get("target"), dict):
                found |= set(targets(node["target"]))
            if "var" in node:
                found.add(name_of(node["var"]))
            if node.keys() & SET_FOUND:
                found.add("found")
            for value in node.values():
                found |= self.assigned(value)
        elif isinstance(node, list):
            for value in node:
                found |= self.assigned(value)
        return found


def forget(values: Values, names: Iterable[str], why: str, *, fields: bool = True) -> None:
    """Forget the values of some variables, with those of their fields."""
    for name in names:
        values[name] = Unknown(why)
        for key in [key for key in values if fields and key.startswith(f"{name}.")]:
            del values[key]


def _is_record(select: Term) -> bool:
    """Return whether a select returns a row of several values: it is neither NULL nor NOT NULL where only some are."""
    if not isinstance(select, Select):
        return False
    whole = any(isinstance(one, Column | Param) and one.name == "*" for one in select.outputs)
    return whole or len(select.outputs) != 1


def targets(node: Node) -> list[str]:
    """Return the names of the variables that a statement fills."""
    for kind, of in node.items():
        if kind == "PLpgSQL_row":
            return [one["name"] for one in of.get("fields", [])]
        return [of["refname"]]
    return []


def name_of(node: Node) -> str:
    """Return the name of the variable that a statement fills, or the empty string."""
    names = targets(node)
    return names[0] if names else ""


def _plain(name: str) -> str:
    """Return the name of an assigned variable, or of the record whose field it is."""
    return name.strip().strip('"').lower().partition("[")[0]


def expression_of(select: Term) -> Term:
    """Return the value of a SELECT that was put before one expression."""
    if isinstance(select, Select) and not select.sources and select.where == TRUE and not select.others:
        return select.outputs[0] if len(select.outputs) == 1 else Items(select.outputs)
    return Scalar(select)


def _one(select: Select, output: Term) -> Term:
    """Return one value of the first row of a select."""
    if select.others:
        return Unknown("a row of a union", (select,))
    if select.sources or select.where != TRUE:
        return Scalar(replace(select, outputs=(output,), one_row=True))
    return OncePerStatement(output)


def _field(select: Term, name: str) -> Term:
    """Return a field of a record that was filled from a select."""
    if isinstance(select, Select) and not select.others:
        for output in select.outputs:
            if isinstance(output, Column) and output.name == name:
                return _one(select, output)
        if len(select.sources) == 1 and any(
            isinstance(one, Column | Param) and one.name == "*" for one in select.outputs
        ):
            return _one(select, Column(select.sources[0].name, name))
    return Unknown(f"the field {name}", (select,))
