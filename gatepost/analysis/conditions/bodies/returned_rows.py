"""The rows that a set-returning PL/pgSQL function returns, each under the condition of its path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gatepost.analysis.conditions.bodies.statements import Statements, Values, forget, name_of
from gatepost.analysis.conditions.grammar import Node, NotUnderstood, kind_of
from gatepost.analysis.conditions.term_queries import not_true
from gatepost.analysis.conditions.terms import (
    FALSE,
    NULL,
    TRUE,
    Const,
    Select,
    Term,
    Unknown,
    conjunction,
    disjunction,
)

RAISES = 21
"""The level of RAISE EXCEPTION in libpg_query's numbers, which are PostgreSQL's own (`elog.h`)."""
Arm = tuple[Node, Sequence[Node]]
_SIMPLE = frozenset(
    f"PLpgSQL_stmt_{kind}" for kind in "assign perform execsql dynexecute getdiag raise commit rollback".split()
)


def returned_rows(body: Statements, waiting: Sequence[Node], values: Values, reached: Term, rows: list[Term]) -> Term:
    """Collect what a set-returning function returns; return under which condition the statements run to their end."""
    for statement in waiting:
        body.steps += 1
        kind, of = kind_of(statement)
        match kind:
            case "PLpgSQL_stmt_return":
                return FALSE
            case "PLpgSQL_stmt_raise" if of.get("elog_level", RAISES) >= RAISES:
                return FALSE
            case "PLpgSQL_stmt_return_query" if "query" in of:
                rows.append(_where(body.statement(of["query"], values), reached))
                values["found"] = Unknown("whether a query returned a row")
            case "PLpgSQL_stmt_return_next" if "expr" in of:
                rows.append(Select((), (body.expression(of["expr"], values),), reached))
            case "PLpgSQL_stmt_if":
                reached = _rows_of_if(body, of, values, reached, rows)
                forget(values, body.assigned(of), "changed in a branch")
            case "PLpgSQL_stmt_block" if "exceptions" not in of:
                reached = returned_rows(body, of.get("body", []), values, reached, rows)
            case "PLpgSQL_stmt_fors" if "query" in of:
                row = body.statement(of["query"], values)
                forget(values, body.assigned({kind: of}), "changed in a loop")
                returned_rows(
                    body, of.get("body", []), {**values, f"{name_of(of.get('var', {}))}.*": row}, reached, rows
                )
            case _ if kind in _SIMPLE:
                body.step(kind, of, values)
            case _:
                raise NotUnderstood(kind)
        if reached == FALSE:
            return FALSE
    return reached


def _rows_of_if(body: Statements, of: Node, values: Values, reached: Term, rows: list[Term]) -> Term:
    """Collect the rows of an IF, and return the condition under which what follows it is reached."""
    ends: list[Term] = []
    open_ends = True
    denied: list[Term] = []
    for test, then in [*arms_of_if(of), (None, of.get("else_body", []))]:
        condition = TRUE if test is None else body.expression(test, values)
        path = conjunction(reached, *denied, condition)
        end = returned_rows(body, then, dict(values), path, rows)
        open_ends = open_ends and end == path
        ends += [end] if end != FALSE else []
        denied.append(not_true(condition))
    if open_ends:
        return reached
    return disjunction(*ends) if ends else FALSE


def arms_of_if(of: Node) -> list[Arm]:
    """Return the conditions of an IF with the statements behind each."""
    arms = [(of["cond"], of.get("then_body", []))]
    arms += [
        (one["PLpgSQL_if_elsif"]["cond"], one["PLpgSQL_if_elsif"].get("stmts", [])) for one in of.get("elsif_list", [])
    ]
    return arms


def _where(select: Term, condition: Term) -> Term:
    if condition == TRUE:
        return select
    if not isinstance(select, Select):
        return Unknown("rows under a condition", (select, condition))
    sides = tuple([_where(other, condition) for other in select.others])
    return replace(select, where=conjunction(select.where, condition), aggregated=False, others=sides)


def united(rows: list[Term]) -> Term:
    """Return the rows of several selects as those of one."""
    if not rows:
        return Select((), (NULL,), Const(False, "boolean"))
    first, *others = rows
    if not others:
        return first
    if not isinstance(first, Select):
        return Unknown("rows", tuple(rows))
    return Select(first.sources, first.outputs, first.where, False, False, (*first.others, *others))
