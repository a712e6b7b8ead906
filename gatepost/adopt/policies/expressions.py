"""Write the operators in a policy's condition as SQLAlchemy's, and a function of the project as `call(…)`."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Column, all_, and_, any_, false, func, literal, not_, or_, true
from sqlalchemy.sql import visitors

from gatepost.adopt.model_names import Written
from gatepost.adopt.policies.scope import UNREADABLE, From, Untyped
from gatepost.adopt.policies.values import Values
from gatepost.adopt.reprinted import as_written
from gatepost.analysis.conditions.grammar import Node, NotUnderstood, constant, expression, kind_of, strings
from gatepost.auth import SessionValue, claim
from gatepost.declare.helper_call import call
from gatepost.schema import is_platform

_SIGNS: Mapping[str, tuple[str, Callable[[Any, Any], Any]]] = {
    "=": ("==", operator.eq),
    "<>": ("!=", operator.ne),
    "<": ("<", operator.lt),
    ">": (">", operator.gt),
    "<=": ("<=", operator.le),
    ">=": (">=", operator.ge),
}
_SUMS: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}
_LIKES = {"~~": "like", "~~*": "ilike", "!~~": "notlike", "!~~*": "notilike"}
_DISTINCT = {"AEXPR_DISTINCT": "is_distinct_from", "AEXPR_NOT_DISTINCT": "is_not_distinct_from"}
_TRUTH = {"IS_TRUE": ("is_", True), "IS_FALSE": ("is_", False)}
_TRUTH |= {"IS_NOT_TRUE": ("is_not", True), "IS_NOT_FALSE": ("is_not", False)}


class Expressions(Values):
    """The reading of one policy's conditions, but for the queries inside them; see `Values` for its arguments."""

    def written(self, text: str) -> Written:
        """Return a condition as Python.

        Raises:
            Untyped: it holds something that this does not write.
        """
        try:
            return self._condition(expression(as_written(text)), (self.row(),))
        except NotUnderstood as error:
            raise Untyped(str(error)) from None
        except UNREADABLE as error:
            raise Untyped(f"{type(error).__name__}: {error}") from None

    def value(self, node: Node, scope: tuple[From, ...]) -> Written:
        """Return a value in a condition as Python."""
        return self._of(node, scope)

    def part(self, node: Node, scope: tuple[From, ...]) -> Written:
        """Return a part of a condition as Python."""
        return self._condition(node, scope)

    def _condition(self, node: Node, scope: tuple[From, ...]) -> Written:
        kind, fields = kind_of(node)
        return self._called(fields, scope, per_row=True) if is_helper(kind, fields) else self._of(node, scope)

    def _called(self, fields: Node, scope: tuple[From, ...], *, per_row: bool) -> Written:
        """Return a call of a function of the project; without a column in it, it is made once or for each row."""
        self._FuncCall(fields, scope)  # which refuses what a call cannot hold
        names, parts = strings(fields["funcname"]), self._arguments(fields, scope)
        codes = [repr(".".join(names)), *(one.code for one in parts)]
        value = call(".".join(names), *(one.value for one in parts), per_row=per_row)
        of_row = any(isinstance(part, Column) for part in visitors.iterate(value))
        codes += ["per_row=True"] if per_row and not of_row else []
        return Written(f"{self.word('call')}({', '.join(codes)})", value)

    def _BoolExpr(self, fields: Node, scope: tuple[From, ...]) -> Written:
        parts = [self._condition(one, scope) for one in fields["args"]]
        if fields["boolop"] == "AND_EXPR" and (between := self._between(fields["args"], scope)) is not None:
            return between
        word: str
        joined: Any
        word, joined = {"AND_EXPR": ("and_", and_), "OR_EXPR": ("or_", or_), "NOT_EXPR": ("not_", not_)}[
            fields["boolop"]
        ]
        if fields["boolop"] == "NOT_EXPR" and isinstance(parts[0].value, SessionValue):
            raise Untyped("NOT of a session's value")
        code = ", ".join(one.code for one in parts)
        return Written(f"{self.word(word)}({code})", joined(*(one.value for one in parts)))

    def _between(self, args: list[Node], scope: tuple[From, ...]) -> Written | None:
        """Return `x BETWEEN a AND b` where an AND is what PostgreSQL makes of one."""
        if len(args) != 2 or not all("A_Expr" in one for one in args):
            return None
        low, high = (one["A_Expr"] for one in args)
        if any(one["kind"] != "AEXPR_OP" or "lexpr" not in one for one in (low, high)):
            return None
        if (strings(low["name"]), strings(high["name"])) != ((">=",), ("<=",)):
            return None
        values = [self._of(one["lexpr"], scope) for one in (low, high)]
        if values[0].code != values[1].code or not hasattr(values[0].value, "between"):
            return None
        start, end = (self._of(one["rexpr"], scope) for one in (low, high))
        return Written(
            f"{values[0].code}.between({start.code}, {end.code})", values[0].value.between(start.value, end.value)
        )

    def _NullTest(self, fields: Node, scope: tuple[From, ...]) -> Written:
        found = self._of(fields["arg"], scope)
        if fields["nulltesttype"] == "IS_NULL":
            return Written(f"{found.operand}.is_(None)", found.value.is_(None))
        return Written(f"{found.operand}.is_not(None)", found.value.is_not(None))

    def _BooleanTest(self, fields: Node, scope: tuple[From, ...]) -> Written:
        found = self._of(fields["arg"], scope)
        method, truth = _TRUTH[fields["booltesttype"]]
        value = getattr(found.value, method)(true() if truth else false())
        return Written(f"{found.operand}.{method}({self.word(str(truth).lower())}())", value)

    def _A_Expr(self, fields: Node, scope: tuple[From, ...]) -> Written:
        kind, op = fields["kind"], strings(fields["name"])[-1]
        if "lexpr" not in fields:
            raise Untyped(f"the operator {op} before its operand")
        if (found := self._claim(fields)) is not None:
            return found
        left = self._of(fields["lexpr"], scope)
        if kind == "AEXPR_OP_ANY" and op == "=" and (among := self._among(left, fields["rexpr"], scope)) is not None:
            return among
        if not hasattr(left.value, "__clause_element__") and not hasattr(left.value, "compile"):
            left = Written(f"{self.word('literal')}({left.code})", literal(left.value))
        if kind == "AEXPR_BETWEEN":
            start, end = (self._of(one, scope) for one in fields["rexpr"]["List"]["items"])
            return Written(
                f"{left.operand}.between({start.code}, {end.code})", left.value.between(start.value, end.value)
            )
        if kind == "AEXPR_IN":
            parts = [self._of(one, scope) for one in fields["rexpr"]["List"]["items"]]
            listed = Written(f"[{', '.join(one.code for one in parts)}]", [one.value for one in parts])
            return _listed(left, listed, "in_" if op == "=" else "not_in")
        right = self._of(fields["rexpr"], scope)
        if kind == "AEXPR_OP_ALL" and op == "<>" and isinstance(right.value, list):
            return _listed(left, right, "not_in")
        if kind in ("AEXPR_OP_ANY", "AEXPR_OP_ALL"):
            (right,) = self._as_arrays([right])
            word, made = ("any_", any_) if kind == "AEXPR_OP_ANY" else ("all_", all_)
            right = Written(f"{self.word(word)}({right.code})", made(right.value))
        elif kind == "AEXPR_NULLIF":
            self.word("func")
            return Written(f"func.nullif({left.code}, {right.code})", func.nullif(left.value, right.value))
        elif kind in _DISTINCT:
            method = _DISTINCT[kind]
            return Written(f"{left.operand}.{method}({right.code})", getattr(left.value, method)(right.value))
        elif kind != "AEXPR_OP":
            raise Untyped(f"a {kind}")
        return _operated(left, op, right)

    def _among(self, left: Written, node: Node, scope: tuple[From, ...]) -> Written | None:
        """Return `left IN (…)` where an array is a list of values."""
        found = self._of(node, scope)
        if not isinstance(found.value, list) or isinstance(left.value, str | int):
            return None
        return _listed(left, found, "in_")

    def _claim(self, fields: Node) -> Written | None:
        """Return a claim of the token where an expression is one: `(auth.jwt() -> 'app_metadata') ->> 'role'`."""
        path = _path(fields, "->>")
        if path is None:
            return None
        code = ", ".join(map(repr, path))
        return Written(f"{self.word('claim')}({code}, per_row=True)", claim(*path, per_row=True))


def is_helper(kind: str, fields: Node) -> bool:
    """Return whether a node calls a function of the project."""
    names = strings(fields["funcname"]) if kind == "FuncCall" else ()
    return len(names) == 2 and not is_platform(names[0])


def _listed(left: Written, values: Written, method: str) -> Written:
    return Written(f"{left.operand}.{method}({values.code})", getattr(left.value, method)(values.value))


def _operated(left: Written, op: str, right: Written) -> Written:
    # Python calls the right side first where its class is a subclass of the left one's, and turns the operator around.
    turned = type(left.value) is not type(right.value) and isinstance(right.value, type(left.value))
    if op in _SIGNS and not turned:
        sign, compared = _SIGNS[op]
        return Written(f"{left.operand} {sign} {right.operand}", compared(left.value, right.value))
    if op in _SUMS and not turned:
        return Written(f"({left.operand} {op} {right.operand})", _SUMS[op](left.value, right.value))
    if op in _LIKES:
        return Written(f"{left.operand}.{_LIKES[op]}({right.code})", getattr(left.value, _LIKES[op])(right.value))
    return Written(f"{left.operand}.op({op!r})({right.code})", left.value.op(op)(right.value))


def _path(fields: Node, sign: str) -> tuple[str, ...] | None:
    """Return the keys of a claim that is read from the token itself."""
    if fields.get("kind") != "AEXPR_OP" or strings(fields["name"]) != (sign,) or "lexpr" not in fields:
        return None
    key = fields["rexpr"]
    key = key["TypeCast"]["arg"] if "TypeCast" in key else key
    if "A_Const" not in key or not isinstance(value := constant(key["A_Const"]), str):
        return None
    kind, before = kind_of(fields["lexpr"])
    if kind == "FuncCall" and strings(before["funcname"]) == ("auth", "jwt"):
        return (value,)
    outer = _path(before, "->") if kind == "A_Expr" else None
    return (*outer, value) if outer is not None else None
