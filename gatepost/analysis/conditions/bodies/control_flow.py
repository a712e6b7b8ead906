"""The value of a PL/pgSQL function as one term: the paths of its body, parsed by PostgreSQL's own grammar.

Each path ends in a RETURN, a RAISE or the end of the body. A path through something whose outcome is not known (a loop,
a dynamic statement, a handler of exceptions) stands beside the others under a condition that is Unknown.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from gatepost import sql
from gatepost.analysis.conditions.bodies.returned_rows import RAISES, Arm, arms_of_if, returned_rows, united
from gatepost.analysis.conditions.bodies.statements import Statements, Values, forget, name_of
from gatepost.analysis.conditions.from_grammar import Reader
from gatepost.analysis.conditions.grammar import Node, NotUnderstood, kind_of, refuse_excess
from gatepost.analysis.conditions.terms import (
    ERROR,
    FALSE,
    NULL,
    TRUE,
    Case,
    Const,
    Term,
    Unknown,
)
from gatepost.schema import Function

_MANY_STEPS = 400
"""A body whose paths have more statements than this together is not followed."""

_ROW_TYPE = re.compile(r'(?:"[^"]+"|\w+)(?:\s*\.\s*(?:"[^"]+"|\w+))*\s*%\s*rowtype\b', re.IGNORECASE)


@dataclass
class Body(Statements):
    """Follows the paths of the body of one PL/pgSQL function.

    Args:
        loops: How many loops deep the statement is that is read.
    """

    loops: int = 0

    def value(self) -> Term:
        """Return what the function returns, over its parameters.

        Raises:
            NotUnderstood: the body is no PL/pgSQL, or too long or too branched to be followed.
        """
        tree = _parsed(self.function)
        declared = [kind_of(datum) for datum in tree["datums"]]
        self.variables = tuple([of.get("refname", "") for _, of in declared])
        counts = Counter(of["refname"] for kind, of in declared if kind in ("PLpgSQL_var", "PLpgSQL_rec"))
        self.unclear = frozenset(name for name, count in counts.items() if count > 1)
        nested = len(re.findall(r"\bdeclare\b", self.function.body, re.IGNORECASE)) > 1
        values: Values = {"found": FALSE}
        for kind, of in declared:
            if kind == "PLpgSQL_var" and of["refname"] not in (*self.function.parameters, "found"):
                value = self.expression(of["default_val"], values) if "default_val" in of else NULL
                later = nested and "default_val" in of and not isinstance(self.expression(of["default_val"], {}), Const)
                values[of["refname"]] = Unknown("a default that is computed in an inner block") if later else value
        _, block = kind_of(tree["action"])
        if self.function.returns_set:
            rows: list[Term] = []
            returned_rows(self, block.get("body", []), values, TRUE, rows)
            return united(rows)
        found = self._run(block.get("body", []), values)
        return NULL if found is None else found

    def _run(self, waiting: Sequence[Node], values: Values) -> Term | None:
        """Return what statements return, or None where they run to their end."""
        for at, statement in enumerate(waiting):
            self.steps += 1
            if self.steps > _MANY_STEPS:
                raise NotUnderstood("its body has too many paths")
            kind, of = kind_of(statement)
            after = waiting[at + 1 :]
            match kind:
                case "PLpgSQL_stmt_return":
                    return self.expression(of["expr"], values) if "expr" in of else NULL
                case "PLpgSQL_stmt_raise" if of.get("elog_level", RAISES) >= RAISES:
                    return ERROR
                case "PLpgSQL_stmt_block":
                    return self._block(of, after, values)
                case "PLpgSQL_stmt_if":
                    return self._choice(arms_of_if(of), of.get("else_body", []), after, values)
                case "PLpgSQL_stmt_case":
                    return self._case(of, after, values)
                case "PLpgSQL_stmt_exit" if "label" not in of and self.loops:
                    if "cond" not in of:
                        return None
                    return Case(((self.expression(of["cond"], values), NULL),), _or_null(self._run(after, values)))
                case "PLpgSQL_stmt_assert":
                    condition = self.expression(of["cond"], values)
                    return Case(((condition, _or_null(self._run(after, values))),), ERROR)
                case _ if kind in _LOOPS:
                    return self._loop(of, after, values)
                case "PLpgSQL_stmt_dynexecute" | "PLpgSQL_stmt_call":
                    self.step(kind, of, values)
                    return Case(((Unknown("a dynamic statement"), ERROR),), _or_null(self._run(after, values)))
                case _:
                    self.step(kind, of, values)
        return None

    def _block(self, of: Node, after: Sequence[Node], values: Values) -> Term | None:
        whole = self._run([*of.get("body", []), *after], dict(values))
        handlers = of.get("exceptions", {}).get("PLpgSQL_exception_block", {}).get("exc_list", [])
        ways = []
        for one in handlers:
            caught = dict(values)
            forget(caught, self.assigned(of), "changed before an exception")
            action = one["PLpgSQL_exception"].get("action", [])
            ways.append((Unknown("an exception"), _or_null(self._run([*action, *after], caught))))
        return Case(tuple(ways), _or_null(whole)) if ways else whole

    def _choice(
        self,
        arms: Sequence[Arm],
        otherwise: Sequence[Node],
        after: Sequence[Node],
        values: Values,
    ) -> Term | None:
        whens = [
            (self.expression(test, values), _or_null(self._run([*then, *after], dict(values)))) for test, then in arms
        ]
        return Case(tuple(whens), _or_null(self._run([*otherwise, *after], dict(values))))

    def _case(self, of: Node, after: Sequence[Node], values: Values) -> Term | None:
        inner = dict(values)
        if "t_expr" in of:
            subject = self.expression(of["t_expr"], values)
            text = of["case_when_list"][0]["PLpgSQL_case_when"]["expr"]["PLpgSQL_expr"]["query"]
            inner[text.partition('"')[2].partition('"')[0]] = subject  # the parser's own variable for it
        arms = [
            (one["PLpgSQL_case_when"]["expr"], one["PLpgSQL_case_when"].get("stmts", []))
            for one in of["case_when_list"]
        ]
        if "have_else" in of or "else_stmts" in of:
            return self._choice(arms, of.get("else_stmts", []), after, inner)
        raised: Node = {"PLpgSQL_stmt_raise": {}}  # a CASE without an ELSE raises CASE_NOT_FOUND
        return self._choice(arms, [raised], after, inner)

    def _loop(self, of: Node, after: Sequence[Node], values: Values) -> Term:
        """Return a loop's value: what a round returns, with unknown variables, or what comes after it."""
        outer = dict(values)
        forget(outer, self.assigned(of) | ({"found"} if "var" in of else set()), "changed in a loop")
        inner = dict(outer)
        if "query" in of:
            select = self.statement(of["query"], values)
            name = name_of(of.get("var", {}))
            inner[f"{name}.*"] = select
        self.loops += 1
        inside = self._run(of.get("body", []), inner)
        self.loops -= 1
        rest = _or_null(self._run(after, outer))
        return rest if inside is None else Case(((Unknown("a round of a loop"), inside),), rest)


_LOOPS = frozenset(f"PLpgSQL_stmt_{kind}" for kind in "loop while fori fors forc dynfors foreach_a".split())


def value(function: Function, reader: Reader) -> tuple[Term, tuple[Term, ...]]:
    """Return what a PL/pgSQL function returns over its parameters, and the selects that were read on the way.

    Args:
        function: The function.
        reader: Turns expressions and statements of the body into terms.

    Returns:
        The value; Unknown, with what was read, where the body could not be followed.
    """
    body = Body(function, reader)
    try:
        return body.value(), tuple(body.selects)
    except (NotUnderstood, RecursionError):
        return Unknown(str(function), tuple(body.selects)), tuple(body.selects)


def _parsed(function: Function) -> Node:
    """Return the parse tree of a body; the types of its parameters decide nothing, so that they are left out."""
    import pgparse

    refuse_excess(function.body)
    parameters = ", ".join(f"{sql.identifier(name)} text" for name in function.parameters if name)
    returns = "trigger" if function.returns == "trigger" else f"{'SETOF ' if function.returns_set else ''}text"
    header = f"CREATE FUNCTION gatepost_body({parameters}) RETURNS {returns} LANGUAGE plpgsql AS "
    try:
        tree: Node = pgparse.parse_pgsql(header + sql.literal(_without_row_types(function.body)))[0]["PLpgSQL_function"]
    except pgparse.PGQueryError as error:
        raise NotUnderstood(str(error).partition("\n")[0]) from None
    return tree


def _without_row_types(body: str) -> str:
    """Return a body whose row-typed variables are records: the grammar's library knows no table's columns."""
    return _ROW_TYPE.sub("record", body)


def _or_null(found: Term | None) -> Term:
    return NULL if found is None else found
