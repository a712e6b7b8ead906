"""The value of a PL/pgSQL function as one term: the paths of its body, parsed by PostgreSQL's own grammar.

Each path ends in a RETURN, a RAISE or the end of the body. A path through something whose outcome is not known (a loop,
a dynamic statement, a handler of exceptions) stands beside the others under a condition that is Unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gatepost import sql
from gatepost.analysis.conditions.from_grammar import Columns, Reader
from gatepost.analysis.conditions.grammar import Node, NotUnderstood, kind_of, refuse_excess, statements
from gatepost.analysis.conditions.rewrite import rebuilt
from gatepost.analysis.conditions.terms import (
    ERROR,
    NULL,
    TRUE,
    Case,
    Column,
    Compare,
    Const,
    Exists,
    Items,
    Not,
    OncePerStatement,
    Param,
    Scalar,
    Select,
    Term,
    Unknown,
    conjunction,
    disjunction,
)
from gatepost.schema import Function

_MANY_STEPS = 400
"""A body whose paths have more statements than this together is not followed."""
_RAISES = 21
"""The level of RAISE EXCEPTION in libpg_query's numbers, which are PostgreSQL's own (`elog.h`)."""

_ROW_TYPE = re.compile(r'(?:"[^"]+"|\w+)(?:\s*\.\s*(?:"[^"]+"|\w+))*\s*%\s*rowtype\b', re.IGNORECASE)

Values = dict[str, Term]
Arm = tuple[Node, Sequence[Node]]


@dataclass
class Body:
    """Reads the body of one PL/pgSQL function.

    Args:
        function: The function.
        reader: Turns expressions and statements of the body into terms.
        selects: Every select that was read on the way.
    """

    function: Function
    reader: Reader
    selects: list[Term] = field(default_factory=list)
    steps: int = 0

    def value(self) -> Term:
        """Return what the function returns, over its parameters.

        Raises:
            NotUnderstood: the body is no PL/pgSQL, or too long or too branched to be followed.
        """
        tree = _parsed(self.function)
        values: Values = {}
        for datum in tree["datums"]:
            kind, of = kind_of(datum)
            if kind == "PLpgSQL_var" and of["refname"] not in (*self.function.parameters, "found"):
                values[of["refname"]] = self._expression(of["default_val"], values) if "default_val" in of else NULL
        _, block = kind_of(tree["action"])
        if self.function.returns_set:
            rows: list[Term] = []
            self._rows(block.get("body", []), values, TRUE, rows)
            return _united(rows)
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
                    return self._expression(of["expr"], values) if "expr" in of else NULL
                case "PLpgSQL_stmt_raise" if of.get("elog_level", _RAISES) >= _RAISES:
                    return ERROR
                case "PLpgSQL_stmt_block":
                    return self._block(of, after, values)
                case "PLpgSQL_stmt_if":
                    return self._choice(_arms_of_if(of), of.get("else_body", []), after, values)
                case "PLpgSQL_stmt_case":
                    return self._case(of, after, values)
                case "PLpgSQL_stmt_assert":
                    asked = self._expression(of["cond"], values)
                    return Case(((asked, _or_null(self._run(after, values))),), ERROR)
                case _ if kind in _LOOPS:
                    return self._loop(of, after, values)
                case "PLpgSQL_stmt_dynexecute" | "PLpgSQL_stmt_call":
                    self._step(kind, of, values)
                    return Case(((Unknown("a dynamic statement"), ERROR),), _or_null(self._run(after, values)))
                case _:
                    self._step(kind, of, values)
        return None

    def _block(self, of: Node, after: Sequence[Node], values: Values) -> Term | None:
        whole = self._run([*of.get("body", []), *after], dict(values))
        handlers = of.get("exceptions", {}).get("PLpgSQL_exception_block", {}).get("exc_list", [])
        ways = []
        for one in handlers:
            caught = {**values, **{name: Unknown("changed before an exception") for name in self._assigned(of)}}
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
            (self._expression(asked, values), _or_null(self._run([*then, *after], dict(values))))
            for asked, then in arms
        ]
        return Case(tuple(whens), _or_null(self._run([*otherwise, *after], dict(values))))

    def _case(self, of: Node, after: Sequence[Node], values: Values) -> Term | None:
        inner = dict(values)
        if "t_expr" in of:
            subject = self._expression(of["t_expr"], values)
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
        unknown = {name: Unknown("changed in a loop") for name in self._assigned(of)}
        inner = {**values, **unknown}
        if "query" in of:
            select = self._statement(of["query"], values)
            name = _name_of(of.get("var", {}))
            inner[f"{name}.*"] = select
        inside = self._run(of.get("body", []), inner)
        rest = _or_null(self._run(after, {**values, **unknown}))
        return rest if inside is None else Case(((Unknown("a round of a loop"), inside),), rest)

    def _step(self, kind: str, of: Node, values: Values) -> None:
        """Take in a statement that returns nothing."""
        match kind:
            case "PLpgSQL_stmt_assign":
                query = of["expr"]["PLpgSQL_expr"]["query"]
                name, mark, text = query.partition(":=")
                if not mark:
                    name, _, text = query.partition("=")
                values[_plain(name)] = self._text(text, values)
            case "PLpgSQL_stmt_perform":
                values["found"] = Exists(self._statement(of["expr"], values))
            case "PLpgSQL_stmt_execsql":
                self._execsql(of, values)
            case "PLpgSQL_stmt_dynexecute" | "PLpgSQL_stmt_getdiag" | "PLpgSQL_stmt_fetch" | "PLpgSQL_stmt_call":
                for name in _targets(of.get("target", {})):
                    values[name] = Unknown("a dynamic statement")
                values["found"] = values.get("found", NULL)
            case "PLpgSQL_stmt_return_next" | "PLpgSQL_stmt_return_query" | "PLpgSQL_stmt_exit":
                raise NotUnderstood(kind)

    def _execsql(self, of: Node, values: Values) -> None:
        text = of["sqlstmt"]["PLpgSQL_expr"]["query"]
        parsed = statements(text)
        names = _targets(of.get("target", {}))
        if not parsed or "SelectStmt" not in parsed[0]:
            for name in names:
                values[name] = Unknown("what a statement returns")
            values["found"] = Unknown("whether a statement changed a row")
            return
        select = self._with(self.reader.select(parsed[0]), values)
        self.selects.append(select)
        if not of.get("into"):
            return
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

    def _rows(self, waiting: Sequence[Node], values: Values, reached: Term, rows: list[Term]) -> bool:
        """Collect what a set-returning function returns; tell whether the statements can run to their end."""
        for statement in waiting:
            self.steps += 1
            kind, of = kind_of(statement)
            match kind:
                case "PLpgSQL_stmt_return":
                    return False
                case "PLpgSQL_stmt_raise" if of.get("elog_level", _RAISES) >= _RAISES:
                    return False
                case "PLpgSQL_stmt_return_query" if "query" in of:
                    rows.append(_where(self._statement(of["query"], values), reached))
                case "PLpgSQL_stmt_return_next" if "expr" in of:
                    rows.append(Select((), (self._expression(of["expr"], values),), reached))
                case "PLpgSQL_stmt_if":
                    reached = self._rows_of_if(of, values, reached, rows)
                    if reached == Const(False, "boolean"):
                        return False
                case "PLpgSQL_stmt_block" if "exceptions" not in of:
                    if not self._rows(of.get("body", []), values, reached, rows):
                        return False
                case "PLpgSQL_stmt_fors" if "query" in of:
                    inner = {**values, f"{_name_of(of.get('var', {}))}.*": self._statement(of["query"], values)}
                    self._rows(of.get("body", []), inner, reached, rows)
                case _ if kind in _SIMPLE:
                    self._step(kind, of, values)
                case _:
                    raise NotUnderstood(kind)
        return True

    def _rows_of_if(self, of: Node, values: Values, reached: Term, rows: list[Term]) -> Term:
        """Collect the rows of an IF, and return the condition under which what follows it is reached."""
        goes_on: list[Term] = []
        denied: list[Term] = []
        for asked, then in [*_arms_of_if(of), (None, of.get("else_body", []))]:
            condition = TRUE if asked is None else self._expression(asked, values)
            path = conjunction(*denied, condition)
            if self._rows(then, dict(values), conjunction(reached, path), rows):
                goes_on.append(path)
            denied.append(Not(Compare("is", condition, Const(True, "boolean"))))
        if not goes_on:
            return Const(False, "boolean")
        if len(goes_on) == len(denied):
            return reached
        return conjunction(reached, disjunction(*goes_on))

    def _expression(self, node: Node, values: Values) -> Term:
        return self._text(node["PLpgSQL_expr"]["query"], values)

    def _text(self, text: str, values: Values) -> Term:
        parsed = statements(f"SELECT {text}")
        select = self.reader.select(parsed[0])
        found = expression_of(select)
        if isinstance(found, Scalar):
            self.selects.append(select)
        return self._with(found, values)

    def _statement(self, node: Node, values: Values) -> Term:
        parsed = statements(node["PLpgSQL_expr"]["query"])
        select = self._with(self.reader.select(parsed[0]), values)
        self.selects.append(select)
        return select

    def _with(self, term: Term, values: Mapping[str, Term]) -> Term:
        """Return a term in which the variables have their values."""

        def known(part: Term) -> Term:
            if not isinstance(part, Param):
                return part
            if part.name in values:
                return values[part.name]
            record, dot, name = part.name.partition(".")
            return _field(values[f"{record}.*"], name) if dot and f"{record}.*" in values else part

        return rebuilt(term, known)

    def _assigned(self, node: Any) -> set[str]:  # noqa: ANN401  a piece of a parse tree
        """Return the variables that are assigned somewhere inside a statement."""
        found: set[str] = set()
        if isinstance(node, dict):
            if "PLpgSQL_stmt_assign" in node:
                query = node["PLpgSQL_stmt_assign"]["expr"]["PLpgSQL_expr"]["query"]
                found.add(_plain(query.partition(":=")[0] if ":=" in query else query.partition("=")[0]))
            if "target" in node:
                found |= {*_targets(node["target"]), "found"}
            if "var" in node:
                found.add(_name_of(node["var"]))
            for value in node.values():
                found |= self._assigned(value)
        elif isinstance(node, list):
            for value in node:
                found |= self._assigned(value)
        return found


_LOOPS = frozenset(f"PLpgSQL_stmt_{kind}" for kind in "loop while fori fors forc dynfors foreach_a".split())
_SIMPLE = frozenset(
    f"PLpgSQL_stmt_{kind}" for kind in "assign perform execsql dynexecute getdiag raise commit rollback".split()
)


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


def _arms_of_if(of: Node) -> list[tuple[Node, Sequence[Node]]]:
    arms = [(of["cond"], of.get("then_body", []))]
    arms += [
        (one["PLpgSQL_if_elsif"]["cond"], one["PLpgSQL_if_elsif"].get("stmts", [])) for one in of.get("elsif_list", [])
    ]
    return arms


def _targets(node: Node) -> list[str]:
    """Return the names of the variables that a statement fills."""
    for kind, of in node.items():
        if kind == "PLpgSQL_row":
            return [one["name"] for one in of.get("fields", [])]
        return [of["refname"]]
    return []


def _name_of(node: Node) -> str:
    names = _targets(node)
    return names[0] if names else ""


def _plain(name: str) -> str:
    """Return the name of an assigned variable, or of the record whose field it is."""
    return name.strip().strip('"').lower().partition("[")[0]


def expression_of(select: Term) -> Term:
    """Return the value of a SELECT that was put before one expression."""
    if isinstance(select, Select) and not select.sources and select.where == TRUE and not select.others:
        return select.outputs[0] if len(select.outputs) == 1 else Items(select.outputs)
    return Scalar(select)


def _or_null(found: Term | None) -> Term:
    return NULL if found is None else found


def _one(select: Select, output: Term) -> Term:
    """Return one value of the first row of a select."""
    return (
        Scalar(Select(select.sources, (output,), select.where, True, select.aggregated))
        if select.sources
        else OncePerStatement(output)
    )


def _field(select: Term, name: str) -> Term:
    """Return a field of a record that was filled from a select."""
    if isinstance(select, Select) and not select.others:
        for output in select.outputs:
            if isinstance(output, Column) and output.name == name:
                return _one(select, output)
        if len(select.sources) == 1 and any(isinstance(one, Column) and one.name == "*" for one in select.outputs):
            return _one(select, Column(select.sources[0].name, name))
    return Unknown(f"the field {name}", (select,))


def _where(select: Term, condition: Term) -> Term:
    if isinstance(select, Select) and not select.others:
        return Select(
            select.sources,
            select.outputs,
            conjunction(select.where, condition),
            select.one_row,
            select.aggregated and condition == TRUE,
        )
    return select if condition == TRUE else Unknown("rows of a union under a condition", (select, condition))


def _united(rows: list[Term]) -> Term:
    """Return the rows of several selects as those of one."""
    if not rows:
        return Select((), (NULL,), Const(False, "boolean"))
    first, *others = rows
    if not others:
        return first
    if not isinstance(first, Select):
        return Unknown("rows", tuple(rows))
    return Select(first.sources, first.outputs, first.where, False, False, (*first.others, *others))


__all__ = ["Body", "Columns", "value"]
